/*
Copyright 2026 The ExtendedJob Authors.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
*/

package sealedfiles

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
)

const (
	// logMarker distinguishes a frame's lines from all others.
	logMarker = "extendedjob-output"

	// maxLine is the longest line that container runtimes do not split.
	maxLine = 16 << 10
	// lineBytes is how much of a frame is in one line: base64 makes 16,000
	// characters of it, and what precedes them has at most 50.
	lineBytes = 12_000
	maxLines  = (maxFrameSize + lineBytes - 1) / lineBytes

	// maxLog is how much of a log is read. A frame has less than 9 MiB there.
	maxLog = 16 << 20
)

// WriteLog writes a frame as lines of a log.
func WriteLog(log io.Writer, frame []byte) error {
	digest := sha256.Sum256(frame)
	id := hex.EncodeToString(digest[:4])
	total := (len(frame) + lineBytes - 1) / lineBytes
	for number := 1; len(frame) > 0; number++ {
		part := frame[:min(len(frame), lineBytes)]
		frame = frame[len(part):]
		if _, err := fmt.Fprintf(log, "%s %s %d/%d %s\n", logMarker, id, number, total, base64.RawStdEncoding.EncodeToString(part)); err != nil {
			return fmt.Errorf("write the log: %w", err)
		}
	}
	return nil
}

// ParseLog returns the frame in a log: the last one that begins in it. It reads at
// most 16 MiB.
func ParseLog(log io.Reader) (Frame, error) {
	var parts logParts
	lines := bufio.NewReaderSize(io.LimitReader(log, maxLog), maxLine)
	for tooLong := false; ; {
		line, isPrefix, err := lines.ReadLine()
		switch {
		case errors.Is(err, io.EOF):
			return parts.frame()
		case err != nil:
			return Frame{}, fmt.Errorf("read the log: %w", err)
		case !isPrefix && !tooLong:
			parts.add(line)
		}
		tooLong = isPrefix
	}
}

// logParts puts a frame together from its lines.
type logParts struct {
	seen     bool // a line of any frame
	id       string
	total    int
	received int
	raw      []byte
}

// add takes a line: the next of the frame, or the first of another. It ignores
// those that were there already, and those of no frame.
func (p *logParts) add(line []byte) {
	part, ok := parseLine(line)
	if !ok {
		return
	}
	p.seen = true
	if part.number == 1 && part.id != p.id {
		p.id, p.total, p.received, p.raw = part.id, part.total, 0, p.raw[:0]
	}
	if part.id != p.id || part.total != p.total || part.number != p.received+1 {
		return
	}
	p.raw = append(p.raw, part.bytes...)
	p.received++
}

func (p *logParts) frame() (Frame, error) {
	switch {
	case !p.seen:
		return Frame{}, ErrAbsent
	case p.received == 0 || p.received < p.total:
		return Frame{}, ErrCut
	}
	return Decode(p.raw)
}

// linePart is the part of a frame that is in a line.
type linePart struct {
	id            string
	number, total int
	bytes         []byte
}

// parseLine parses a line: the marker, the frame, which of its lines this is, and
// the bytes. It reports whether the line is one of a frame.
func parseLine(line []byte) (part linePart, ok bool) {
	fields := bytes.SplitN(line, []byte(" "), 4)
	if len(fields) != 4 || string(fields[0]) != logMarker {
		return linePart{}, false
	}
	number, total, _ := bytes.Cut(fields[2], []byte("/"))
	part.id = string(fields[1])
	var errs [3]error
	part.number, errs[0] = strconv.Atoi(string(number))
	part.total, errs[1] = strconv.Atoi(string(total))
	part.bytes, errs[2] = base64.RawStdEncoding.DecodeString(string(fields[3]))
	return part, errors.Join(errs[:]...) == nil && part.number >= 1 && part.number <= part.total && part.total <= maxLines && len(part.bytes) <= lineBytes
}

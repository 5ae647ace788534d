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

package logs

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"maps"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// errUnavailable says that the log is gone.
var errUnavailable = errors.New("the log no longer exists")

// position is how far the log of a container has been printed. A log can be read again
// only from a whole second on, so position has the times of the lines printed in the
// last second. The streams of a container are not strictly ordered, and the kubelet
// removes the beginning of a large log.
type position struct {
	second time.Time
	seen   map[int64]int
}

// resume reads a log with timestamps from the position's second on, and prints the new
// lines. It returns the last line if that has no line end, because there may be more
// of it.
func (p *position) resume(log io.Reader, show func(line []byte) error) (rest []byte, err error) {
	known := maps.Clone(p.seen)
	again := !p.second.IsZero()
	reader := bufio.NewReaderSize(log, 64<<10)
	for first := true; ; first = false {
		line, err := reader.ReadBytes('\n')
		last := err != nil
		if errors.Is(err, io.EOF) {
			err = nil
		}
		at, text, stamped := split(line)
		switch {
		case len(line) == 0:
		case !stamped && first && bytes.HasPrefix(line, []byte("unable to retrieve container logs for ")):
			return nil, errUnavailable // The kubelet says so in the log's place.
		case !stamped && again && first:
			// The end of a line that began before the second.
		case known[at.UnixNano()] > 0:
			known[at.UnixNano()]--
		case last:
			return text, err
		default:
			p.note(at)
			if err := show(text); err != nil {
				return nil, err
			}
		}
		if last {
			return nil, err
		}
	}
}

// since is the time from which to continue reading the log; nil means the beginning.
func (p *position) since() *metav1.Time {
	if p.second.IsZero() {
		return nil
	}
	return new(metav1.NewTime(p.second))
}

// note moves the position past a line with a time.
func (p *position) note(at time.Time) {
	if second := at.Truncate(time.Second); second.After(p.second) {
		p.second, p.seen = second, map[int64]int{}
	}
	if !at.Before(p.second) && p.seen != nil {
		p.seen[at.UnixNano()]++
	}
}

// split takes the timestamp off a line.
func split(line []byte) (time.Time, []byte, bool) {
	stamp, text, found := bytes.Cut(line, []byte(" "))
	if !found {
		return time.Time{}, line, false
	}
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		return time.Time{}, line, false
	}
	return at, text, true
}

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
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func mustLog(tb testing.TB, raw []byte) []string {
	tb.Helper()
	var log bytes.Buffer
	if err := WriteLog(&log, raw); err != nil {
		tb.Fatal(err)
	}
	return slices.Collect(strings.Lines(log.String()))
}

// manyLines is a frame that needs some lines of a log.
func manyLines(tb testing.TB) (lines []string, contents []Content) {
	tb.Helper()
	contents = []Content{{Data: randomBytes(60_000)}}
	return mustLog(tb, mustSeal(tb, thisRun, thisFiles[:1], contents)), contents
}

func TestAFrameArrivesByMessage(t *testing.T) {
	raw := mustSeal(t, thisRun, thisFiles, theseAre)
	message, fits := Message(raw, MessageLimit(2))
	if !fits {
		t.Fatalf("%d bytes do not fit", len(raw))
	}
	frame, err := ParseMessage(message)
	if err != nil {
		t.Fatal(err)
	}
	if contents, err := frame.Open(mustKey(t, thisRun), thisRun, thisFiles); err != nil || !sameContents(contents, theseAre) {
		t.Errorf("got other contents, or %v", err)
	}
	if _, fits := Message(raw, len(message)-1); fits {
		t.Error("a message fits that has a character too many")
	}
	for size := range message {
		want := ErrCut
		if size < 8 {
			want = ErrAbsent
		}
		if _, err := ParseMessage(message[:size]); !errors.Is(err, want) {
			t.Errorf("cut to %d characters: got %v, want %v", size, err, want)
		}
	}
}

func TestOtherMessagesAreNoFrames(t *testing.T) {
	for message, want := range map[string]error{
		"": ErrAbsent, "Error: no such file": ErrAbsent, "ZWpmaWxl": ErrCut, "ZWpmaWxl!": ErrCut, "ZWpmaWxl!!": ErrDamaged,
		"ZWpmaWxl" + strings.Repeat("A", maxMessage): ErrDamaged, "ZWpmaWxlAg": ErrUnknownFormat,
	} {
		if _, err := ParseMessage(message); !errors.Is(err, want) {
			t.Errorf("%.20q: got %v, want %v", message, err, want)
		}
	}
}

func TestAMessageIsNotLongerThanTheKubeletKeeps(t *testing.T) {
	for containers, want := range map[int]int{2: 4096, 3: 3072, 5: 2048, 20: 585} {
		if got := MessageLimit(containers); got != want {
			t.Errorf("%d containers: got %d, want %d", containers, got, want)
		}
	}
}

func TestAFrameArrivesByLog(t *testing.T) {
	lines, contents := manyLines(t)
	if len(lines) < 5 {
		t.Fatalf("got %d lines", len(lines))
	}
	for i, line := range lines {
		if len(line) > maxLine {
			t.Errorf("line %d has %d characters", i, len(line))
		}
	}
	otherFrame, _ := manyLines(t)
	for name, log := range map[string][]string{
		"alone":                        lines,
		"after lines":                  append([]string{"\n", "starting\n", logMarker + "\n", logMarker + " a 1/2 b\n", strings.Repeat("x", 3*maxLine) + "\n"}, lines...),
		"among lines":                  interleave(lines, slices.Repeat([]string{"noise\n"}, len(lines))),
		"every line twice":             interleave(lines, lines),
		"twice":                        slices.Concat(lines, []string{"\n"}, lines),
		"after half of other":          slices.Concat(otherFrame[:3], lines),
		"among other":                  interleave(otherFrame, lines),
		"before noise":                 append(slices.Clone(lines), "\n", strings.Repeat("x", 2*maxLog)),
		"before a long line":           append(slices.Clone(lines), strings.Repeat("x", maxLine)+logMarker+" a 1/1 bbbb\n"),
		"before one that does not end": append(slices.Clone(lines), strings.Repeat("x", maxLine)+logMarker+" a 1/1 bbbb"),
		"with a line again":            slices.Concat(lines[:3], lines[:1], lines[3:]),
	} {
		t.Run(name, func(t *testing.T) {
			frame, err := ParseLog(iotest.HalfReader(strings.NewReader(strings.Join(log, ""))))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := frame.Open(mustKey(t, thisRun), thisRun, thisFiles[:1]); err != nil || !sameContents(got, contents) {
				t.Errorf("got other contents, or %v", err)
			}
		})
	}
}

func interleave(a, b []string) []string {
	var both []string
	for i := range a {
		both = append(both, a[i], b[i])
	}
	return both
}

func TestALogThatDoesNotHoldTheFrameIsRefused(t *testing.T) {
	lines, _ := manyLines(t)
	otherFrame, _ := manyLines(t)
	exchanged := slices.Clone(lines)
	exchanged[2] = strings.Replace(otherFrame[2], otherFrame[2][:len(logMarker)+9], lines[2][:len(logMarker)+9], 1)
	for name, test := range map[string]struct {
		log  []string
		want error
	}{
		"empty":                {nil, ErrAbsent},
		"noise":                {[]string{"panic: no\n", "{}\n"}, ErrAbsent},
		"the first line gone":  {lines[1:], ErrCut},
		"a line gone":          {slices.Concat(lines[:2], lines[3:]), ErrCut},
		"the last line gone":   {lines[:len(lines)-1], ErrCut},
		"the last line cut":    {append(slices.Clone(lines[:len(lines)-1]), lines[len(lines)-1][:100]), ErrCut},
		"a line of other":      {exchanged, ErrDamaged},
		"behind too much else": {append([]string{strings.Repeat("x", maxLog) + "\n"}, lines...), ErrAbsent},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseLog(strings.NewReader(strings.Join(test.log, ""))); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestAFailureToReadIsNoVerdict(t *testing.T) {
	lines, _ := manyLines(t)
	broken := errors.New("connection reset")
	log := io.MultiReader(strings.NewReader(lines[0]), iotest.ErrReader(broken))
	if _, err := ParseLog(log); !errors.Is(err, broken) || errors.Is(err, ErrCut) {
		t.Errorf("got %v", err)
	}
}

func TestTheLargestFrameFitsIntoALog(t *testing.T) {
	files, contents := make([]File, MaxFiles), make([]Content, MaxFiles)
	for i := range contents {
		contents[i].Data = randomBytes(MaxTotalSize / MaxFiles)
	}
	raw := mustSeal(t, thisRun, files, contents)
	if len(raw) != maxFrameSize {
		t.Errorf("the frame has %d bytes, not %d", len(raw), maxFrameSize)
	}
	frame, err := ParseLog(strings.NewReader(strings.Join(mustLog(t, raw), "")))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := frame.Open(mustKey(t, thisRun), thisRun, files); err != nil || !sameContents(got, contents) {
		t.Errorf("got other contents, or %v", err)
	}
}

func FuzzParseLog(f *testing.F) {
	lines, _ := manyLines(f)
	small := mustLog(f, mustSeal(f, thisRun, thisFiles, theseAre))
	f.Add(strings.Join(small, ""))
	f.Add("noise\n" + strings.Join(small, "") + strings.Join(small, ""))
	f.Add(lines[0][:100] + "\n" + lines[1][:100])
	f.Fuzz(func(_ *testing.T, log string) {
		_, _ = ParseLog(strings.NewReader(log))
		_, _ = ParseMessage(log)
	})
}

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

// Package logs follows the logs of the pods of a run: of all containers, from the
// first line on, through restarts, lost connections and the deletion of the pod.
package logs

import (
	"io"
	"sync"
)

// Printer writes the lines of several logs, one after the other, and messages
// between them.
type Printer struct {
	mu       sync.Mutex
	out      io.Writer
	messages io.Writer
	// sameTerminal is true if log and messages go to one terminal, so that a message
	// has to begin on a line of its own.
	sameTerminal bool
	midLine      bool
	lines        int64
	err          error
}

// NewPrinter returns a Printer that writes logs to out.
func NewPrinter(out, messages io.Writer, sameTerminal bool) *Printer {
	return &Printer{out: out, messages: messages, sameTerminal: sameTerminal}
}

// Line writes a line of a log, with its line end, if it has one.
func (p *Printer) Line(prefix string, line []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	p.lines++
	if prefix != "" || p.midLine && p.sameTerminal {
		line = p.apart(prefix, line)
	}
	_, p.err = p.out.Write(line)
	p.midLine = len(line) > 0 && line[len(line)-1] != '\n'
	return p.err
}

// Lines is how many lines were written.
func (p *Printer) Lines() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lines
}

// Err is the reason why lines can no longer be written.
func (p *Printer) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// apart returns a text as a line of its own, and ends an unfinished line of a log
// first.
func (p *Printer) apart(prefix string, line []byte) []byte {
	var whole []byte
	if p.midLine {
		whole = append(whole, '\n')
	}
	whole = append(append(whole, prefix...), line...)
	if whole[len(whole)-1] != '\n' && prefix != "" {
		whole = append(whole, '\n')
	}
	return whole
}

// Message writes a message.
func (p *Printer) Message(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.midLine && p.sameTerminal {
		text = "\n" + text
		p.midLine = false
	}
	_, _ = io.WriteString(p.messages, text+"\n")
}

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

// Package audit reads the audit log of an API server.
package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"strings"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

// Log is the name of a file with the audit log of an API server.
type Log string

// End returns the position at the end of the log.
func (l Log) End() (int64, error) {
	info, err := os.Stat(string(l))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Since iterates over the events after a position. It ends after an error.
func (l Log) Since(position int64) iter.Seq2[*auditv1.Event, error] {
	return func(yield func(*auditv1.Event, error) bool) {
		file, err := os.Open(string(l))
		if err != nil {
			yield(nil, err)
			return
		}
		defer file.Close()
		if _, err := file.Seek(position, io.SeekStart); err != nil {
			yield(nil, err)
			return
		}
		for lines := bufio.NewReaderSize(file, 1<<20); ; {
			event, err := next(lines)
			if errors.Is(err, io.EOF) || !yield(event, err) || err != nil {
				return
			}
		}
	}
}

// next reads the next event. An incomplete line is still being written.
func next(lines *bufio.Reader) (*auditv1.Event, error) {
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	event := &auditv1.Event{}
	return event, json.Unmarshal(line, event)
}

// IsWrite reports whether requests with a verb change something.
func IsWrite(verb string) bool {
	switch verb {
	case "create", "update", "patch", "delete", "deletecollection":
		return true
	default:
		return false
	}
}

// IsDryRun reports whether a request is a dry run.
func IsDryRun(event *auditv1.Event) bool {
	return strings.Contains(event.RequestURI, "dryRun=")
}

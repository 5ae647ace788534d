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

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
)

// auditLog is the API server's log of all requests, each once.
type auditLog struct{ path string }

// auditEvent is what is read of an entry.
type auditEvent struct {
	Verb       string `json:"verb"`
	RequestURI string `json:"requestURI"`
	UserAgent  string `json:"userAgent"`
	User       struct {
		Username string `json:"username"`
	} `json:"user"`
	ObjectRef *struct {
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

// request is a kind of request.
type request struct {
	User, Verb, Resource string
}

// position is where the log ends now.
func (l *auditLog) position() (int64, error) {
	info, err := os.Stat(l.path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// each goes through what was logged since a position.
func (l *auditLog) each(position int64, do func(*auditEvent)) error {
	file, err := os.Open(l.path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Seek(position, io.SeekStart); err != nil {
		return err
	}
	lines := bufio.NewReaderSize(file, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil // a line without its end is being written
		}
		if err != nil {
			return err
		}
		var event auditEvent
		if err := json.Unmarshal(line, &event); err != nil {
			return err
		}
		do(&event)
	}
}

// requestsSince counts requests since a position, but for watches, which are
// logged when they end.
func (l *auditLog) requestsSince(position int64) (map[request]int, error) {
	requests := make(map[request]int)
	err := l.each(position, func(event *auditEvent) {
		if event.ObjectRef != nil && event.Verb != "watch" {
			requests[event.request()]++
		}
	})
	return requests, err
}

func (e *auditEvent) request() request {
	resource := strings.TrimSuffix(e.ObjectRef.Resource+"/"+e.ObjectRef.Subresource, "/")
	if strings.Contains(e.RequestURI, "dryRun=") {
		resource += " (dry run)"
	}
	return request{programOf(e.User.Username), e.Verb, resource}
}

const operatorName = "operator"

// programOf names the program that a user stands for.
func programOf(user string) string {
	switch user {
	case controlplane.OperatorUser:
		return operatorName
	case benchUser:
		return "client"
	}
	return strings.TrimPrefix(user, "system:serviceaccount:kube-system:")
}

// operatorRequests are those of the operator in its work: not its Lease, and
// not the webhook's dry runs.
func operatorRequests(all map[request]int) map[request]int {
	requests := make(map[request]int)
	for r, n := range all {
		if r.User == operatorName && r.Resource != "leases" && !strings.HasSuffix(r.Resource, "(dry run)") {
			requests[r] = n
		}
	}
	return requests
}

// isWrite tells whether a request changes something that a user cares for.
func (r request) isWrite() bool {
	switch r.Verb {
	case "create", "update", "patch", "delete", "deletecollection":
	default:
		return false
	}
	return r.Resource != "events" && r.Resource != "tokenreviews" && r.Resource != "subjectaccessreviews"
}

// sum adds up those requests that match.
func sum(requests map[request]int, matches func(request) bool) int {
	total := 0
	for r, n := range requests {
		if matches(r) {
			total += n
		}
	}
	return total
}

// logged waits until the API server has nothing more to log of the operator's:
// events are sent some time after what they are about.
func (c *cluster) logged(ctx context.Context, position int64, matches func(request) bool, want int) error {
	return waitFor(ctx, "the audit log", 30e9, func(context.Context) (bool, error) {
		requests, err := c.audit.requestsSince(position)
		return sum(requests, matches) >= want, err
	})
}

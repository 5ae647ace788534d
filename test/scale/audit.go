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
	"context"
	"strings"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/audit"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
)

// request is a kind of request.
type request struct {
	User, Verb, Resource string
}

// requestsSince counts the requests since a position in the audit log. It leaves
// out watches, which are logged only when they end.
func (c *cluster) requestsSince(position int64) (map[request]int, error) {
	requests := make(map[request]int)
	for event, err := range c.AuditLog.Since(position) {
		if err != nil {
			return nil, err
		}
		if event.ObjectRef != nil && event.Verb != "watch" {
			requests[requestOf(event)]++
		}
	}
	return requests, nil
}

func requestOf(event *auditv1.Event) request {
	resource := strings.TrimSuffix(event.ObjectRef.Resource+"/"+event.ObjectRef.Subresource, "/")
	if audit.IsDryRun(event) {
		resource += " (dry run)"
	}
	return request{programOf(event.User.Username), event.Verb, resource}
}

const operatorName = "operator"

// programOf returns the program that uses a user name.
func programOf(user string) string {
	switch user {
	case controlplane.OperatorUser:
		return operatorName
	case benchUser:
		return "client"
	}
	return strings.TrimPrefix(user, "system:serviceaccount:kube-system:")
}

// operatorRequests returns the requests that the operator makes for its work,
// without those for its Lease and the webhook's dry runs.
func operatorRequests(all map[request]int) map[request]int {
	requests := make(map[request]int)
	for r, n := range all {
		if r.User == operatorName && r.Resource != "leases" && !strings.HasSuffix(r.Resource, "(dry run)") {
			requests[r] = n
		}
	}
	return requests
}

// isWrite reports whether a request changes something that users care about.
func (r request) isWrite() bool {
	return audit.IsWrite(r.Verb) && r.Resource != "events" && r.Resource != "tokenreviews" && r.Resource != "subjectaccessreviews"
}

// sum returns the number of requests that match.
func sum(requests map[request]int, matches func(request) bool) int {
	total := 0
	for r, n := range requests {
		if matches(r) {
			total += n
		}
	}
	return total
}

// logged waits until the audit log has as many matching requests as wanted, because
// events are sent some time after what they report.
func (c *cluster) logged(ctx context.Context, position int64, matches func(request) bool, want int) error {
	return waitFor(ctx, "the audit log", 30e9, func(context.Context) (bool, error) {
		requests, err := c.requestsSince(position)
		return sum(requests, matches) >= want, err
	})
}

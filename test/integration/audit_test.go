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

package integration

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	. "github.com/onsi/gomega"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/audit"
)

// auditLog is the API server's log of the operator's requests.
type auditLog struct{ audit.Log }

// end returns the position after everything that was logged until now.
func (l auditLog) end() int64 { return must(l.End()) }

// since returns what was logged after a position.
func (l auditLog) since(position int64) []*auditv1.Event {
	var events []*auditv1.Event
	for event, err := range l.Since(position) {
		Expect(err).NotTo(HaveOccurred())
		events = append(events, event)
	}
	return events
}

// creations returns the results of the operator's attempts to create an object of a
// resource in a namespace: HTTP status codes.
func (l auditLog) creations(namespace, resource string) []int32 {
	var codes []int32
	for _, event := range l.since(0) {
		if event.Verb == "create" && event.ObjectRef.Namespace == namespace && event.ObjectRef.Resource == resource && !audit.IsDryRun(event) {
			codes = append(codes, event.ResponseStatus.Code)
		}
	}
	return codes
}

// requests returns the operator's requests in a namespace after a position, except
// for events and the webhook's dry runs.
func (l auditLog) requests(position int64, namespace string) []string {
	var requests []string
	for _, event := range l.since(position) {
		object := event.ObjectRef
		if object == nil || object.Namespace != namespace || object.Resource == "events" || audit.IsDryRun(event) || lostRace(event) {
			continue
		}
		requests = append(requests, strings.TrimSuffix(event.Verb+" "+object.Resource+"/"+object.Subresource, "/"))
	}
	return requests
}

// writes returns what the operator wrote after a position in some namespaces, and to
// cluster-scoped objects; other specs leave objects behind in others. It includes
// everything except its Lease, the events of its leader election, and the reviews by
// which it checks who may read its metrics. The webhook's dry runs write nothing.
func (l auditLog) writes(position int64, namespaces ...string) []string {
	var writes []string
	for _, event := range l.since(position) {
		object := event.ObjectRef
		if !audit.IsWrite(event.Verb) || object.Namespace != "" && !slices.Contains(namespaces, object.Namespace) {
			continue
		}
		switch object.Resource {
		case "leases", "tokenreviews", "subjectaccessreviews":
			continue
		}
		if audit.IsDryRun(event) || object.Resource == "events" && object.Namespace == operatorNamespace {
			continue
		}
		writes = append(writes, fmt.Sprintf("%s %s %s/%s %s", event.Verb, object.Resource, object.Namespace, object.Name, object.Subresource))
	}
	return writes
}

// lostRace reports whether the cache still had a request's resourceVersion, but the
// API server no longer did.
func lostRace(event *auditv1.Event) bool {
	return event.ResponseStatus != nil && event.ResponseStatus.Code == http.StatusConflict
}

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
	"time"

	. "github.com/onsi/gomega"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/audit"
)

// auditLog is the API server's log of the operator's requests.
type auditLog struct{ audit.Log }

// moment is a time, and a position in the log. A request is logged after its answer,
// so it can be behind the position though it came before the time.
type moment struct {
	position int64
	time     time.Time
}

func (l auditLog) now() moment { return moment{position: must(l.End()), time: time.Now()} }

// since returns the requests that came after a moment.
func (l auditLog) since(start moment) []*auditv1.Event {
	var events []*auditv1.Event
	for event, err := range l.Since(start.position) {
		Expect(err).NotTo(HaveOccurred())
		if event.RequestReceivedTimestamp.After(start.time) {
			events = append(events, event)
		}
	}
	return events
}

// creations returns the results of the operator's attempts to create an object of a
// resource in a namespace: HTTP status codes.
func (l auditLog) creations(namespace, resource string) []int32 {
	var codes []int32
	for _, event := range l.since(moment{}) {
		if event.Verb == "create" && event.ObjectRef.Namespace == namespace && event.ObjectRef.Resource == resource && !audit.IsDryRun(event) {
			codes = append(codes, event.ResponseStatus.Code)
		}
	}
	return codes
}

// requests returns the operator's requests in a namespace after a moment, except
// for events and the webhook's dry runs.
func (l auditLog) requests(start moment, namespace string) []string {
	var requests []string
	for _, event := range l.since(start) {
		object := event.ObjectRef
		if object == nil || object.Namespace != namespace || object.Resource == "events" || audit.IsDryRun(event) || lostRace(event) {
			continue
		}
		requests = append(requests, strings.TrimSuffix(event.Verb+" "+object.Resource+"/"+object.Subresource, "/"))
	}
	return requests
}

// writes returns what the operator wrote after a moment in some namespaces, and to
// cluster-scoped objects; other specs leave objects behind in others. It includes
// everything except its Lease, the events of its leader election, and the reviews by
// which it checks who may read its metrics. The webhook's dry runs write nothing.
func (l auditLog) writes(start moment, namespaces ...string) []string {
	var writes []string
	for _, event := range l.since(start) {
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

// lostRace reports whether the cache was behind: it still had a request's
// resourceVersion, or did not yet show that a pod had ended, which is then read from
// the API server.
func lostRace(event *auditv1.Event) bool {
	return event.ResponseStatus != nil && event.ResponseStatus.Code == http.StatusConflict ||
		event.Verb == "list" && event.ObjectRef.Resource == "pods"
}

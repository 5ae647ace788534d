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
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	. "github.com/onsi/gomega"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

// auditLog is the API server's log of the operator's requests.
type auditLog struct {
	path string
}

// end returns the position after everything that was logged until now.
func (l auditLog) end() int64 {
	info, err := os.Stat(l.path)
	Expect(err).NotTo(HaveOccurred())
	return info.Size()
}

// since returns what was logged after a position.
func (l auditLog) since(position int64) []auditv1.Event {
	file, err := os.Open(l.path)
	Expect(err).NotTo(HaveOccurred())
	defer file.Close()
	_, err = file.Seek(position, io.SeekStart)
	Expect(err).NotTo(HaveOccurred())
	var events []auditv1.Event
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return events // an incomplete line is still being written
		}
		Expect(err).NotTo(HaveOccurred())
		var event auditv1.Event
		Expect(json.Unmarshal(line, &event)).To(Succeed())
		events = append(events, event)
	}
}

// creations returns the results of the operator's attempts to create an object of a
// resource in a namespace: HTTP status codes.
func (l auditLog) creations(namespace, resource string) []int32 {
	var codes []int32
	for _, event := range l.since(0) {
		if event.Verb == "create" && event.ObjectRef.Namespace == namespace && event.ObjectRef.Resource == resource && !dryRun(event) {
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
		if object == nil || object.Namespace != namespace || object.Resource == "events" || dryRun(event) || lostRace(event) {
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
		switch event.Verb {
		case "create", "update", "patch", "delete", "deletecollection":
		default:
			continue
		}
		if object.Namespace != "" && !slices.Contains(namespaces, object.Namespace) {
			continue
		}
		switch object.Resource {
		case "leases", "tokenreviews", "subjectaccessreviews":
			continue
		}
		if dryRun(event) || object.Resource == "events" && object.Namespace == operatorNamespace {
			continue
		}
		writes = append(writes, fmt.Sprintf("%s %s %s/%s %s", event.Verb, object.Resource, object.Namespace, object.Name, object.Subresource))
	}
	return writes
}

// lostRace reports whether the cache still had a request's resourceVersion, but the
// API server no longer did.
func lostRace(event auditv1.Event) bool {
	return event.ResponseStatus != nil && event.ResponseStatus.Code == http.StatusConflict
}

// dryRun reports whether a request was one of the webhook's dry runs.
func dryRun(event auditv1.Event) bool {
	return strings.Contains(event.RequestURI, "dryRun=")
}

//go:build e2e

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

package rbac

import (
	"path/filepath"
	"slices"
	"testing"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/audit"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/kustomize"
)

// auditLog is the local cluster's.
const auditLog audit.Log = "../../.cluster/audit.log"

// reasons say why a right is granted that the end-to-end tests may not use.
var reasons = map[string]string{
	// Caches are filled by a watch that begins with what there is. An API server
	// that does not offer that is asked for a list first.
	"list configmaps": "caches of older API servers",
	"list pods":       "caches of older API servers",
	"list secrets":    "caches of older API servers",
	"list jobs.batch": "caches of older API servers",
	"list extendedjobs.fissile.cloudfoundry.org":                                                                     "caches of older API servers",
	"list customresourcedefinitions.apiextensions.k8s.io extendedjobs.fissile.cloudfoundry.org":                      "caches of older API servers",
	"list validatingwebhookconfigurations.admissionregistration.k8s.io extendedjob-validating-webhook-configuration": "caches of older API servers",
	"list secrets extendedjob-serving-certificate in extendedjob-system":                                             "caches of older API servers",

	"delete secrets":   "a version is pruned ten minutes after the next one, at the earliest",
	"patch jobs.batch": "a Job that lost its label is labelled again; test/integration does that",

	"patch events.events.k8s.io":                                           "an event that comes again within six minutes is counted, not created",
	"patch events in extendedjob-system":                                   "the same, in the older API",
	"update secrets extendedjob-serving-certificate in extendedjob-system": "a certificate is replaced after 60 days",
}

// TestTheOperatorUsesWhatItIsGranted compares the overlay that the end-to-end
// tests have run with what the operator has asked for meanwhile.
func TestTheOperatorUsesWhatItIsGranted(t *testing.T) {
	requests := readAuditLog(t)
	granted := grants(t, kustomize.Build(t, filepath.Join(overlays, "selfsigned")))
	for _, g := range granted {
		used := slices.ContainsFunc(requests, func(event *auditv1.Event) bool { return g.allows(event.Verb, event.ObjectRef) })
		if _, excused := reasons[g.String()]; !used && !excused {
			t.Errorf("is granted and was not used: %s", g)
		}
	}
	for text := range reasons {
		if !slices.ContainsFunc(granted, func(g grant) bool { return g.String() == text }) {
			t.Errorf("is not granted, and needs no reason: %s", text)
		}
	}
	for _, event := range requests {
		// An API server that has just started forbids what it does not know the roles for yet.
		isGranted := slices.ContainsFunc(granted, func(g grant) bool { return g.allows(event.Verb, event.ObjectRef) })
		if event.Annotations["authorization.k8s.io/decision"] == "forbid" && !isGranted {
			t.Errorf("was not granted: %s %s", event.Verb, event.RequestURI)
		}
	}
}

func (g grant) allows(verb string, object *auditv1.ObjectReference) bool {
	resource := object.Resource
	if object.Subresource != "" {
		resource += "/" + object.Subresource
	}
	return g.Verb == verb && g.Group == object.APIGroup && g.Resource == resource &&
		(g.Name == "" || g.Name == object.Name) && (g.Namespace == "" || g.Namespace == object.Namespace)
}

// readAuditLog returns the operator's requests for resources.
func readAuditLog(t *testing.T) []*auditv1.Event {
	t.Helper()
	var events []*auditv1.Event
	for event, err := range auditLog.Since(0) {
		if err != nil {
			t.Fatal(err)
		}
		if event.ObjectRef != nil && event.User.Username == "system:serviceaccount:"+namespace+":"+serviceAccount {
			events = append(events, event)
		}
	}
	if len(events) == 0 {
		t.Fatalf("the operator has asked for nothing in %s", auditLog)
	}
	return events
}

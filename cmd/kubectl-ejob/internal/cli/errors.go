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

package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

const (
	installation = "https://github.com/cloudfoundry-incubator/extendedjob-operator#install"
	runnerRole   = "extendedjob-runner-role"
)

// Explain returns an error of the API server as one sentence with the cure. The
// verb and the resource are those of the request.
func Explain(err error, verb, resource, namespace string) error {
	switch {
	case err == nil:
		return nil
	case isUnknownResource(err):
		return fmt.Errorf("the cluster does not serve ExtendedJobs: install the operator (%s)", installation)
	case apierrors.IsForbidden(err) && isRBAC(err):
		return Forbidden(verb, resource, namespace)
	default:
		return err
	}
}

// Forbidden returns an error that names the missing right.
func Forbidden(verb, resource, namespace string) error {
	where := "in namespace " + namespace
	if namespace == "" {
		where = "in all namespaces"
	}
	cure := "ask for a role that grants this"
	if resource != "secrets" && verb != "delete" && verb != "create" {
		cure = fmt.Sprintf("ask for the ClusterRole %s", runnerRole)
	}
	return fmt.Errorf("you may not %s %s %s: %s", verb, resource, where, cure)
}

// isUnknownResource reports whether the API server does not know the resource, and
// not only the object.
func isUnknownResource(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return false
	}
	details := status.Status().Details
	return details == nil || details.Name == "" || apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

// isRBAC reports whether a refusal is about a right, and not an admission policy's
// with a message of its own.
func isRBAC(err error) bool {
	return strings.Contains(err.Error(), " cannot ") && !strings.Contains(err.Error(), "ValidatingAdmissionPolicy") &&
		!strings.Contains(err.Error(), "admission webhook")
}

// ExtendedJob reads an ExtendedJob. If there is none, the error names those with
// names like it.
func (o *Options) ExtendedJob(ctx context.Context, client ExtendedJobs, namespace, name string) (*fissilev1.ExtendedJob, error) {
	ej, err := client.Get(ctx, name, metav1.GetOptions{})
	if err == nil || !apierrors.IsNotFound(err) || isUnknownResource(err) {
		return ej, Explain(err, "get", Resource, namespace)
	}
	return nil, o.unknownName(ctx, client, namespace, name)
}

func (o *Options) unknownName(ctx context.Context, client ExtendedJobs, namespace, name string) error {
	unknown := fmt.Sprintf("ExtendedJob %s does not exist in namespace %s", name, namespace)
	list, err := client.List(ctx, metav1.ListOptions{})
	if err != nil {
		return errors.New(unknown)
	}
	if near := nearest(name, namesOf(list)); near != "" {
		return fmt.Errorf("%s: did you mean %s?", unknown, near)
	}
	if elsewhere := o.namespaceOf(ctx, name); elsewhere != "" {
		return fmt.Errorf("%s: use --namespace=%s, where one exists", unknown, elsewhere)
	}
	if len(list.Items) == 0 {
		return fmt.Errorf("%s, which has no ExtendedJobs: choose another with --namespace", unknown)
	}
	return fmt.Errorf("%s: choose one of %s", unknown, inWords(namesOf(list)))
}

// namespaceOf is the first namespace that has an ExtendedJob of a name; empty if
// there is none, or the user may not see it.
func (o *Options) namespaceOf(ctx context.Context, name string) string {
	all, err := o.ExtendedJobs("")
	if err != nil {
		return ""
	}
	list, err := all.List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name})
	if err != nil || len(list.Items) == 0 {
		return ""
	}
	return list.Items[0].Namespace
}

func namesOf(list *fissilev1.ExtendedJobList) []string {
	names := make([]string, 0, len(list.Items))
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names
}

// nearest is the name most like another one; empty if none is like it.
func nearest(name string, names []string) string {
	const like = 3
	best, distance := "", min(like, len(name)-1)
	for _, candidate := range names {
		if d := levenshtein.ComputeDistance(name, candidate); d <= distance && (best == "" || d < distance) {
			best, distance = candidate, d
		}
	}
	if best != "" {
		return best
	}
	at := slices.IndexFunc(names, func(candidate string) bool {
		return strings.HasPrefix(candidate, name) || strings.HasPrefix(name, candidate)
	})
	if at < 0 {
		return ""
	}
	return names[at]
}

// inWords lists the first few names.
func inWords(names []string) string {
	const few = 5
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

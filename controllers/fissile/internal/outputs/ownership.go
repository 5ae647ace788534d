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

package outputs

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// mayReplace refuses a Secret that does not belong to this ExtendedJob, and one that a
// newer run wrote.
func (w *secretWriter) mayReplace(ctx context.Context, secret *metav1.PartialObjectMetadata, target runjob.Target) error {
	if !owns(w.ej, secret) {
		inherited, err := w.inherits(ctx, secret)
		if err != nil || inherited {
			return err
		}
		return &Error{Reason: fissilev1.ReasonOutputConflict, Message: fmt.Sprintf(
			"Secret %s %s: delete it, and the output is stored; or change %s, and run again.", secret.Name, ownerText(secret), target.NamedBy())}
	}
	return w.superseded(ctx, secret)
}

// superseded returns an error if a Secret holds the output of a newer run of this
// ExtendedJob, which this run's output must not replace or follow.
func (w *secretWriter) superseded(ctx context.Context, secret metav1.Object) error {
	if !owns(w.ej, secret) || secret.GetAnnotations()[fissilev1.AnnotationOwnerUID] != string(w.ej.UID) {
		return nil
	}
	number, _ := runjob.RunNumber(w.ej, w.job)
	run, err := w.storedRun(ctx, secret)
	if err != nil {
		return err
	}
	if run > number {
		return &Error{Reason: fissilev1.ReasonOutputSuperseded, Message: fmt.Sprintf(
			"Secret %s already holds the output of run %d, which is newer.", secret.GetName(), run)}
	}
	return nil
}

// inherits reports whether the Secret was retained from an ExtendedJob that had this
// one's name and is gone. A live read proves that this one has the name now.
func (w *secretWriter) inherits(ctx context.Context, secret *metav1.PartialObjectMetadata) (bool, error) {
	if metav1.GetControllerOf(secret) != nil || secret.Annotations[fissilev1.AnnotationOwnerUID] == "" ||
		secret.Annotations[fissilev1.AnnotationOwnerName] != w.ej.Name {
		return false, nil
	}
	ej := &fissilev1.ExtendedJob{}
	if err := w.APIReader.Get(ctx, w.ej.Key(), ej); err != nil {
		return false, err
	}
	return ej.UID == w.ej.UID, nil
}

// owns reports whether a Secret is the ExtendedJob's: by the UID of its controller
// or, if it is retained and has none, by its annotation.
func owns(ej metav1.Object, secret metav1.Object) bool {
	if owner := metav1.GetControllerOf(secret); owner != nil {
		return owner.UID == ej.GetUID()
	}
	return secret.GetAnnotations()[fissilev1.AnnotationOwnerUID] == string(ej.GetUID())
}

// ownerText says who owns a Secret that is not the ExtendedJob's.
func ownerText(secret metav1.Object) string {
	if owner := metav1.GetControllerOf(secret); owner != nil {
		return fmt.Sprintf("belongs to %s %s", owner.Kind, owner.Name)
	}
	if name := secret.GetAnnotations()[fissilev1.AnnotationOwnerName]; name != "" {
		return "was retained from ExtendedJob " + name
	}
	return "does not belong to this ExtendedJob"
}

// printedBy reports whether the Secret holds the output of this run.
func (w *secretWriter) printedBy(secret metav1.Object) bool {
	return owns(w.ej, secret) && secret.GetAnnotations()[fissilev1.AnnotationJobUID] == string(w.job.UID)
}

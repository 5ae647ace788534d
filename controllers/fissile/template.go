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

package fissile

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// readTemplate asks the API server to complete the template with its defaults in a
// dry run, because only that shows whether two templates mean the same.
func (r *Reconciler) readTemplate(ctx context.Context, o *observation) error {
	if err := r.readWhole(ctx, o); err != nil {
		return err
	}
	ej := o.whole.DeepCopy()
	ej.Status.Inputs = nil // versioned names are as the user wrote them
	const number = 1       // of a run that will not exist
	job, err := runjob.New(ej, &fissilev1.Run{Number: number, JobName: runjob.JobName(ej, number)})
	invalid := err != nil
	if !invalid {
		// The Job gets a name of its own, because that of a run's Job may be taken.
		job.GenerateName, job.Name = "extendedjob-dry-run-", ""
		err = r.Client.Create(ctx, job, client.DryRunAll)
		invalid = apierrors.IsInvalid(err)
	}
	switch {
	case invalid:
		// The run that is due for the change says what is wrong.
		o.TemplateDigest = plan.InvalidTemplateDigest(&o.whole.Spec.JobTemplate)
	case err != nil:
		return fmt.Errorf("complete the template in a dry run: %w", err)
	default:
		o.TemplateDigest = plan.TemplateDigest(&o.whole.Spec.JobTemplate, job)
	}
	o.state.process.Template.Track(o.TemplateChanged(), o.TemplateDigest, r.Clock.Now())
	return nil
}

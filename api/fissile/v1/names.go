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

package v1

// Labels on the Jobs and pods of a run.
const (
	// LabelExtendedJob is "true" on every Job and pod of an ExtendedJob.
	LabelExtendedJob = "fissile.cloudfoundry.org/extendedjob"
	// LabelName is the ExtendedJob's name, shortened with a hash above 63
	// characters.
	LabelName = "fissile.cloudfoundry.org/ejob-name"
	// LabelUID is the ExtendedJob's UID.
	LabelUID = "fissile.cloudfoundry.org/ejob-uid"
)

// Labels on output Secrets.
const (
	// LabelContainerName is the container whose output the Secret holds.
	LabelContainerName = "fissile.cloudfoundry.org/container-name"
)

// Annotations.
const (
	// AnnotationRun is the number of the run, on Jobs and output Secrets.
	AnnotationRun = "fissile.cloudfoundry.org/run"
	// AnnotationRunCause is the run's RunCause, on Jobs.
	AnnotationRunCause = "fissile.cloudfoundry.org/run-cause"
	// AnnotationRequestID is the spec.trigger.requestID that the run serves, on
	// Jobs.
	AnnotationRequestID = "fissile.cloudfoundry.org/request-id"
	// AnnotationClaim is the claim that the Job was created for, on Jobs.
	AnnotationClaim = "fissile.cloudfoundry.org/claim"
	// AnnotationInputsDigest is the digest of the ConfigMaps and Secrets that the
	// run was claimed with, on Jobs.
	AnnotationInputsDigest = "fissile.cloudfoundry.org/inputs-digest"
	// AnnotationOutput holds the output settings as of the run's start, as JSON, on
	// Jobs.
	AnnotationOutput = "fissile.cloudfoundry.org/output"
	// AnnotationOutputContainers names the containers whose output is kept, as of
	// the run's start, separated by commas, on Jobs.
	AnnotationOutputContainers = "fissile.cloudfoundry.org/output-containers"
	// AnnotationSeal proves that the operator wrote the other annotations, on Jobs
	// and output Secrets.
	AnnotationSeal = "fissile.cloudfoundry.org/seal"
	// AnnotationJobUID is the UID of the Job that printed the output, on output
	// Secrets. It shows a retry what has already been written.
	AnnotationJobUID = "fissile.cloudfoundry.org/job-uid"
	// AnnotationOwnerName is the name of the ExtendedJob that an output Secret
	// belongs to.
	AnnotationOwnerName = "fissile.cloudfoundry.org/owner-name"
	// AnnotationOwnerUID is the UID of the ExtendedJob that an output Secret
	// belongs to.
	AnnotationOwnerUID = "fissile.cloudfoundry.org/owner-uid"
	// AnnotationSecretPerKey is the secretName of a file with the layout SecretPerKey,
	// on the output Secrets of its keys.
	AnnotationSecretPerKey = "fissile.cloudfoundry.org/secret-per-key" //nolint:gosec // It is a name.
	// AnnotationManagedKeys names the keys of spec.output.secretLabels and
	// secretAnnotations that the operator added to an output Secret, so that a later
	// run can remove them.
	AnnotationManagedKeys = "fissile.cloudfoundry.org/managed-keys"
	// AnnotationSettledRun records the last settled run on the ExtendedJob, as
	// "<uid>/<number>/<result>/<one-off done>". The UID keeps a copied or restored
	// manifest from inheriting the original's history.
	AnnotationSettledRun = "fissile.cloudfoundry.org/settled-run"
	// AnnotationConversionData holds the spec fields that exist only in v1, as JSON,
	// on v1alpha1 ExtendedJobs.
	AnnotationConversionData = "fissile.cloudfoundry.org/conversion-data"
	// AnnotationRetiredTrigger holds the trigger fields that exist only in v1alpha1,
	// as JSON, on v1 ExtendedJobs.
	AnnotationRetiredTrigger = "fissile.cloudfoundry.org/retired-trigger"
)

// FieldManager is the field manager of everything that the operator writes.
const FieldManager = "extendedjob-operator"

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
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

func TestWhatIsRefused(t *testing.T) {
	for _, example := range refused {
		for version, path := range example.versions() {
			t.Run(example.input+" in "+version, func(t *testing.T) {
				server := newAPIServer(t)
				server.judge = func(*batchv1.Job) error { return example.apiServer }
				_, err := server.create(example, version)

				requireCauses(t, err, path+": "+example.message)
			})
		}
	}
}

func TestWhatIsWarnedOf(t *testing.T) {
	for _, example := range warned {
		for version, path := range example.versions() {
			t.Run(example.input+" in "+version, func(t *testing.T) {
				server := newAPIServer(t)
				server.judge = func(*batchv1.Job) error { return example.apiServer }
				server.warning = example.apiServerWarning
				warnings, err := server.create(example, version)
				if err != nil {
					t.Fatal(err)
				}

				want := strings.Replace(example.message, "%s", path, 1)
				if !slices.Equal(warnings, admission.Warnings{want}) {
					t.Errorf("got the warnings %q, want %q", warnings, want)
				}
				if len(want) > 120 && example.apiServerWarning == "" {
					t.Errorf("the warning is %d characters long", len(want))
				}
			})
		}
	}
}

func TestWhatNobodyHasAnythingToSayAbout(t *testing.T) {
	for name, write := range map[string]func(*fissilev1.ExtendedJob){
		"as little as possible":  func(*fissilev1.ExtendedJob) {},
		"an errand":              func(ej *fissilev1.ExtendedJob) { ej.Spec.Trigger.Strategy = fissilev1.StrategyManual },
		"a prefix with a dash":   func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "foo-" },
		"a prefix with a dot":    func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "foo." },
		"a prefix of one letter": func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "f" },
		"output of one completion": func(ej *fissilev1.ExtendedJob) {
			output(ej)
			ej.Spec.JobTemplate.Spec.Completions = new(int32(1))
			ej.Spec.JobTemplate.Spec.Parallelism = new(int32(1))
		},
		"several completions without output": func(ej *fissilev1.ExtendedJob) {
			ej.Spec.JobTemplate.Spec.Completions = new(int32(3))
		},
		"names of Secrets that just fit": func(ej *fissilev1.ExtendedJob) {
			output(ej).NamePrefix = strings.Repeat("a", 200)
			podSpec(ej).Containers[0].Name = strings.Repeat("c", 52)
		},
		"names of versions that just fit": func(ej *fissilev1.ExtendedJob) {
			output(ej).NamePrefix = strings.Repeat("a", 200)
			output(ej).Versioned = new(true)
			podSpec(ej).Containers[0].Name = strings.Repeat("c", 40)
		},
		"other keys of the domain": func(ej *fissilev1.ExtendedJob) {
			output(ej).SecretLabels = map[string]string{"fissile.cloudfoundry.org/deployment-name": "mine"}
			output(ej).SecretAnnotations = map[string]string{"fissile.cloudfoundry.org/mine": "any: text", "Example.com/Mine": "as Kubernetes allows"}
		},
		"versioned output that the template reads": func(ej *fissilev1.ExtendedJob) {
			output(ej).Versioned = new(true)
			output(ej).VersionsToKeep = 3
			for _, name := range []string{"foo-main", "foo-main-v1"} {
				podSpec(ej).Containers[0].EnvFrom = append(podSpec(ej).Containers[0].EnvFrom, corev1.EnvFromSource{
					SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}},
				})
			}
		},
		"a one-off that is updated": func(ej *fissilev1.ExtendedJob) {
			ej.Spec.UpdateOnConfigChange = new(true)
			ej.Spec.UpdateOnTemplateChange = new(true)
		},
		"a name of 41 characters": func(ej *fissilev1.ExtendedJob) { ej.Name = strings.Repeat("a", 41) },
		"a run with variables": func(ej *fissilev1.ExtendedJob) {
			podSpec(ej).InitContainers = []corev1.Container{{Name: "prepare", Image: "busybox"}}
			prepare := value("MONKEY", "")
			prepare.Containers = []string{"prepare"}
			requestWith(ej, prepare, value("LEVEL", "info"), value("EMPTY_TOKEN", ""), fromSecret("PASSWORD", "database"))
		},
		"variables for a run that is asked for": func(ej *fissilev1.ExtendedJob) {
			ej.Spec.Trigger.Strategy = fissilev1.StrategyNow
			ej.Spec.Trigger.Env = []fissilev1.TriggerEnvVar{value("LEVEL", "info")}
		},
		"all layouts of files": func(ej *fissilev1.ExtendedJob) {
			podSpec(ej).InitContainers = []corev1.Container{{Name: "prepare", Image: "busybox"}}
			podSpec(ej).Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "cache", MountPath: "/out-cache"}}
			podSpec(ej).Volumes = []corev1.Volume{{Name: "cache"}}
			link := fissilev1.OutputFile{Container: "main", Path: "link.json", SecretName: "link", Layout: fissilev1.LayoutSecretPerKey}
			link2 := link
			link2.Container = "prepare"
			output(ej).NamePrefix, output(ej).Directory = "", "/out"
			output(ej).Files = []fissilev1.OutputFile{
				{Container: "main", Path: "tls.json", SecretName: "tls", Type: "kubernetes.io/tls", Versioned: new(true), SkipUnchanged: new(true), VersionsToKeep: 3},
				{Container: "main", Path: "sub/dir/id_rsa", SecretName: "ssh", Type: "kubernetes.io/ssh-auth", Layout: fissilev1.LayoutFile, Key: "ssh-privatekey"},
				{Container: "prepare", Path: "..data", SecretName: "init", Layout: fissilev1.LayoutFile, Key: "data", WhenMissing: fissilev1.MissingFileIgnore},
				link, link2, // Secrets of keys may come from several files
			}
		},
		"files beside what another container prints": func(ej *fissilev1.ExtendedJob) {
			podSpec(ej).Containers = append(podSpec(ej).Containers, corev1.Container{Name: "side", Image: "busybox"})
			file(ej)
		},
		"files of a container that prints as well": func(ej *fissilev1.ExtendedJob) {
			file(ej)
			output(ej).Containers = []string{"main"}
		},
		"output that is made once": func(ej *fissilev1.ExtendedJob) {
			output(ej).IfExists = fissilev1.ExistingOutputKeep
			podSpec(ej).Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: "foo-main"},
				Optional:             new(true),
			}}}
		},
	} {
		for _, version := range []string{"v1", "v1alpha1"} {
			t.Run(name+" in "+version, func(t *testing.T) {
				warnings, err := newAPIServer(t).create(example{write: write}, version)
				if err != nil {
					t.Error(err)
				}
				if len(warnings) > 0 {
					t.Errorf("got the warnings %q", warnings)
				}
			})
		}
	}
}

// The API server must not refuse the Job of a run, neither with the variables nor
// without them.
func TestTheDryRunTriesTheVariablesBesideTheTemplates(t *testing.T) {
	for name, trigger := range map[string]fissilev1.Trigger{
		"for a requestID":     {Strategy: fissilev1.StrategyManual, RequestID: "1"},
		"for now":             {Strategy: fissilev1.StrategyNow},
		"before anybody asks": {Strategy: fissilev1.StrategyManual},
	} {
		t.Run(name, func(t *testing.T) {
			ej := minimal()
			podSpec(ej).Containers[0].Env = []corev1.EnvVar{{Name: "LEVEL", Value: "info"}}
			ej.Spec.Trigger = trigger
			ej.Spec.Trigger.Env = []fissilev1.TriggerEnvVar{value("LEVEL", "debug"), fromSecret("PASSWORD", "database")}
			server := newAPIServer(t)
			var tried []corev1.EnvVar
			server.judge = func(job *batchv1.Job) error {
				tried = job.Spec.Template.Spec.Containers[0].Env
				return nil
			}
			if _, err := server.create(example{write: func(written *fissilev1.ExtendedJob) { *written = *ej }}, "v1"); err != nil {
				t.Fatal(err)
			}
			want := []corev1.EnvVar{
				{Name: "LEVEL", Value: "info"}, {Name: "LEVEL_", Value: "debug"},
				{Name: "PASSWORD", ValueFrom: fromSecret("PASSWORD", "database").ValueFrom},
			}
			if diff := cmp.Diff(want, tried); diff != "" {
				t.Errorf("(-want +tried):\n%s", diff)
			}
		})
	}
}

func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	wrong := example{write: func(ej *fissilev1.ExtendedJob) {
		ej.Spec.Trigger.Strategy = "podstate"
		output(ej).OutputType = "yaml"
		output(ej).SecretLabels = map[string]string{fissilev1.AnnotationRun: "1"}
		ej.Spec.JobTemplate.Spec.Completions = new(int32(2))
		podSpec(ej).Containers[0].Image = ""
	}}
	for version, want := range map[string][]string{
		"v1": {
			"spec.trigger.strategy", "spec.output.outputType", "spec.output.secretLabels[fissile.cloudfoundry.org/run]",
			"spec.jobTemplate.spec.completions", "spec.jobTemplate.spec.template.spec.containers[0].image",
		},
		"v1alpha1": {
			"spec.trigger.strategy", "spec.output.outputType", "spec.output.secretLabels[fissile.cloudfoundry.org/run]",
			annotation + ".jobTemplate.spec.completions", "spec.template.spec.containers[0].image",
		},
	} {
		t.Run(version, func(t *testing.T) {
			_, err := newAPIServer(t).create(wrong, version)
			var fields []string
			for _, cause := range causes(t, err) {
				fields = append(fields, cause.Field)
			}
			if !slices.Equal(fields, want) {
				t.Errorf("got the fields %q, want %q", fields, want)
			}
		})
	}
}

func TestADryRunThatTellsNothingAboutTheTemplateRefusesNothing(t *testing.T) {
	jobs := batchv1.Resource("jobs")
	for name, answer := range map[string]error{
		"the operator may not create Jobs": apierrors.NewForbidden(jobs, "job", errors.New("not allowed")),
		"there is no such namespace":       apierrors.NewNotFound(corev1.Resource("namespaces"), "default"),
		"the API server is overloaded":     apierrors.NewTooManyRequests("slow down", 1),
		"something breaks":                 apierrors.NewInternalError(errors.New("broken")),
		"a webhook knows no dry runs":      apierrors.NewBadRequest("admission webhook does not support dry run"),
		"the Job exists":                   apierrors.NewAlreadyExists(jobs, "job"),
		"a policy is against it": &apierrors.StatusError{ErrStatus: metav1.Status{
			Reason:  metav1.StatusReasonInvalid,
			Code:    422,
			Message: "ValidatingAdmissionPolicy denied request",
			Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Message: "denied"}}},
		}},
		"the refusal has no details": &apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonInvalid, Code: 422}},
		"the answer is long":         errors.New(strings.Repeat("very ", 100) + "long"),
	} {
		t.Run(name, func(t *testing.T) {
			server := newAPIServer(t)
			server.judge = func(*batchv1.Job) error { return answer }
			warnings, err := server.create(example{}, "v1")
			if err != nil {
				t.Error(err)
			}
			if len(warnings) != 1 || len(warnings[0]) > 120 {
				t.Errorf("got the warnings %q, want one of at most 120 characters", warnings)
			}
		})
	}
}

func TestAnAPIServerThatDoesNotAnswerIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newAPIServer(t)
		server.hangs = true
		start := time.Now()
		if _, err := server.create(example{}, "v1"); err != nil {
			t.Error(err)
		}
		if waited := time.Since(start); waited != 2*time.Second {
			t.Errorf("waited %s", waited)
		}
	})
}

func TestTheDryRunTriesTheCollectorOfFiles(t *testing.T) {
	server := newAPIServer(t)
	var tried *batchv1.Job
	server.judge = func(job *batchv1.Job) error {
		tried = job
		return nil
	}
	if _, err := server.create(example{write: func(ej *fissilev1.ExtendedJob) { file(ej) }}, "v1"); err != nil {
		t.Fatal(err)
	}
	if !runjob.HasCollector(tried) || tried.Spec.Template.Spec.InitContainers[0].Image != rules.CollectorImage {
		t.Errorf("tried the init containers %v", tried.Spec.Template.Spec.InitContainers)
	}
}

func TestFilesAreRefusedWhereTheClusterTakesTheirCollectorAway(t *testing.T) {
	for name, spoil := range map[string]func(*corev1.PodSpec){
		"a policy takes it out": func(pod *corev1.PodSpec) { pod.InitContainers = nil },
		"there are no sidecars": func(pod *corev1.PodSpec) { pod.InitContainers[0].RestartPolicy = nil },
		"a policy puts one first": func(pod *corev1.PodSpec) {
			pod.InitContainers = append([]corev1.Container{{Name: "proxy"}}, pod.InitContainers...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := newAPIServer(t)
			server.spoil = spoil
			_, err := server.create(example{write: func(ej *fissilev1.ExtendedJob) { file(ej) }}, "v1")
			requireCauses(t, err, "spec.output.files: Forbidden: the cluster removes, moves or changes the sidecar extendedjob-output, which collects the files: "+
				"exempt it from policies and webhooks, enable the feature gate SidecarContainers if this Kubernetes has no sidecars, or print the output")
		})
	}
}

func TestFilesAreWarnedOfWhereTheCollectorHasNoImage(t *testing.T) {
	server := newAPIServer(t)
	ej := minimal()
	file(ej)
	output(ej).NamePrefix = ""
	warnings, err := newV1Validator(server, server, Options{}).ValidateCreate(t.Context(), ej)
	want := admission.Warnings{"spec.output.files: no run starts until output.collectorImage is set in the operator's configuration"}
	if err != nil || !slices.Equal(warnings, want) {
		t.Errorf("got the warnings %q, error %v, want %q", warnings, err, want)
	}
}

func TestTheDryRunLeavesNothingBehind(t *testing.T) {
	server := newAPIServer(t)
	if _, err := server.create(example{}, "v1"); err != nil {
		t.Fatal(err)
	}
	var jobs batchv1.JobList
	if err := server.List(t.Context(), &jobs); err != nil {
		t.Fatal(err)
	}
	if len(jobs.Items) > 0 {
		t.Errorf("there are %d Jobs", len(jobs.Items))
	}
}

// A Job that the dry run accepts must not become too large later.
func TestTheDryRunsJobIsAsBigAsAnyRuns(t *testing.T) {
	ej := minimal()
	ej.UID = uuid.NewUUID()
	output(ej).SecretAnnotations = map[string]string{"key": "value"}
	tried, _, err := newDryRunJob(ej, "")
	if err != nil {
		t.Fatal(err)
	}
	ej.Status.Inputs = &fissilev1.Inputs{Digest: configrefs.Digest([]byte("key"), "", []configrefs.Entry{{Kind: configrefs.Secret, Name: "a"}})}
	for _, cause := range []fissilev1.RunCause{fissilev1.CauseOnce, fissilev1.CauseNow, fissilev1.CauseConfigChange, fissilev1.CauseTemplateChange} {
		run, err := runjob.New(ej, &fissilev1.Run{Number: 123_456, JobName: runjob.JobName(ej, 123_456), Cause: cause, Claim: &fissilev1.Claim{ID: string(uuid.NewUUID())}})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := size(tried.GetAnnotations()), size(run.Annotations); got < want {
			t.Errorf("the annotations of a run of cause %s have %d bytes, those of the dry run %d", cause, want, got)
		}
	}
}

func size(annotations map[string]string) (size int) {
	for key, value := range annotations {
		size += len(key) + len(value)
	}
	return size
}

func TestUpdates(t *testing.T) {
	noImage := func(ej *fissilev1.ExtendedJob) { podSpec(ej).Containers[0].Image = "" }
	const imagePath = "spec.containers[0].image"

	tests := map[string]struct {
		before func(*fissilev1.ExtendedJob)
		change func(*fissilev1.ExtendedJob)
		want   []paths
	}{
		"that break something are refused": {
			change: func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "Foo" },
			want:   []paths{inBoth("spec.output.namePrefix")},
		},
		"to a template of which there can be no Job are refused": {
			change: noImage,
			want:   []paths{inPod(imagePath)},
		},
		"to files of which there can be no Job are refused": {
			before: func(ej *fissilev1.ExtendedJob) {
				podSpec(ej).Containers[0].Image = "not with the collector"
				output(ej).Containers = []string{"main"}
			},
			change: func(ej *fissilev1.ExtendedJob) { file(ej) },
			want:   []paths{onlyInV1("output.files")},
		},
		"that leave what is invalid are admitted": {
			before: func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "Foo" },
			change: func(ej *fissilev1.ExtendedJob) { output(ej).WriteOnFailure = new(true) },
		},
		"that break something else are refused for that alone": {
			before: func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "Foo" },
			change: func(ej *fissilev1.ExtendedJob) { output(ej).SecretLabels = map[string]string{fissilev1.LabelUID: "1"} },
			want:   []paths{inBoth("spec.output.secretLabels[fissile.cloudfoundry.org/ejob-uid]")},
		},
		"from one invalid value to another are refused": {
			before: func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "Foo" },
			change: func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "Bar" },
			want:   []paths{inBoth("spec.output.namePrefix")},
		},
		"that mend one of two things in the template are admitted": {
			before: func(ej *fissilev1.ExtendedJob) {
				noImage(ej)
				podSpec(ej).RestartPolicy = corev1.RestartPolicyAlways
			},
			change: func(ej *fissilev1.ExtendedJob) { podSpec(ej).RestartPolicy = corev1.RestartPolicyNever },
		},
		"that mend everything are admitted": {
			before: noImage,
			change: func(ej *fissilev1.ExtendedJob) { podSpec(ej).Containers[0].Image = "busybox" },
		},
		"of the output do not depend on the template": {
			before: noImage,
			change: func(ej *fissilev1.ExtendedJob) { output(ej) },
		},
		"of an ExtendedJob do not warn of its own output": {
			before: func(ej *fissilev1.ExtendedJob) {
				ej.Name = "other"
				output(ej).NamePrefix = "taken"
			},
			change: func(ej *fissilev1.ExtendedJob) { output(ej).WriteOnFailure = new(true) },
		},
		"that set the strategy back do not depend on anything": {
			before: func(ej *fissilev1.ExtendedJob) {
				noImage(ej)
				output(ej).NamePrefix = "Foo"
				ej.Spec.UpdateOnConfigChange = new(true) // otherwise there is a warning
				ej.Spec.Trigger.Strategy = fissilev1.StrategyNow
			},
			change: func(ej *fissilev1.ExtendedJob) { ej.Spec.Trigger.Strategy = fissilev1.StrategyManual },
		},
		"that set the strategy back and take the variables away do not, either": {
			before: func(ej *fissilev1.ExtendedJob) {
				noImage(ej)
				ej.Spec.Trigger.Strategy = fissilev1.StrategyNow
				ej.Spec.Trigger.Env = []fissilev1.TriggerEnvVar{value("LEVEL", "info")}
			},
			change: func(ej *fissilev1.ExtendedJob) {
				ej.Spec.Trigger = fissilev1.Trigger{Strategy: fissilev1.StrategyManual}
			},
		},
		"of the variables are looked at": {
			change: func(ej *fissilev1.ExtendedJob) { requestWith(ej, value("A=B", "")) },
			want:   []paths{onlyInV1("trigger.env[0].name")},
		},
		"of the variables are tried": {
			change: func(ej *fissilev1.ExtendedJob) {
				requestWith(ej, fissilev1.TriggerEnvVar{Name: "LEVEL", ValueFrom: &corev1.EnvVarSource{
					FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.nme"},
				}})
			},
			want: []paths{onlyInV1("trigger.env[0].valueFrom.fieldRef.fieldPath")},
		},
		"to a run with variables that were tried before are admitted": {
			before: func(ej *fissilev1.ExtendedJob) {
				noImage(ej)
				requestWith(ej, value("LEVEL", "info"))
			},
			change: func(ej *fissilev1.ExtendedJob) { ej.Spec.Trigger.RequestID = "2" },
		},
		"that take away the container of a variable are refused": {
			before: func(ej *fissilev1.ExtendedJob) {
				variable := value("LEVEL", "info")
				variable.Containers = []string{"main"}
				requestWith(ej, variable)
			},
			change: func(ej *fissilev1.ExtendedJob) { podSpec(ej).Containers[0].Name = "first" },
			want:   []paths{onlyInV1("trigger.env[0].containers[0]")},
		},
		"of metadata and status do not depend on anything": {
			before: func(ej *fissilev1.ExtendedJob) {
				noImage(ej)
				output(ej).NamePrefix = "Foo"
			},
			change: func(ej *fissilev1.ExtendedJob) {
				ej.Labels = map[string]string{"key": "value"}
				ej.Finalizers = []string{"example.com/keep"}
				ej.Status.Runs = new(int64(1))
			},
		},
		"of an ExtendedJob that is being deleted are looked at, too": {
			before: func(ej *fissilev1.ExtendedJob) { ej.DeletionTimestamp = new(metav1.Now()) },
			change: func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "Foo" },
			want:   []paths{inBoth("spec.output.namePrefix")},
		},
		"that take a finalizer off an ExtendedJob that is being deleted do not depend on anything": {
			before: func(ej *fissilev1.ExtendedJob) {
				noImage(ej)
				ej.DeletionTimestamp, ej.Finalizers = new(metav1.Now()), []string{"example.com/keep"}
			},
			change: func(ej *fissilev1.ExtendedJob) { ej.Finalizers = nil },
		},
	}
	for name, test := range tests {
		for _, version := range []string{"v1", "v1alpha1"} {
			t.Run(name+" in "+version, func(t *testing.T) {
				before := minimal()
				if test.before != nil {
					test.before(before)
				}
				after := before.DeepCopy()
				test.change(after)
				warnings, err := newAPIServer(t).update(before, after, version)

				var want []string
				for _, path := range test.want {
					want = append(want, map[string]string{"v1": path.v1, "v1alpha1": path.v1alpha1}[version])
				}
				var got []string
				for _, cause := range causes(t, err) {
					got = append(got, cause.Field)
				}
				if !slices.Equal(got, want) {
					t.Errorf("got %v, want refusals of %q", err, want)
				}
				if len(warnings) > 0 {
					t.Errorf("got the warnings %q", warnings)
				}
			})
		}
	}
}

func TestTheConversionAnnotationOfV1alpha1(t *testing.T) {
	const written = `{"suspend":true}`
	tests := map[string]struct {
		before, after string
		want          string // the field that is refused
	}{
		"as conversion writes it is accepted":          {after: written},
		"that is no JSON is refused":                   {before: written, after: `{"suspend"`, want: annotation},
		"with a value of another type is refused":      {before: written, after: `{"suspend":"yes"}`, want: annotation},
		"with a field that v1 does not have, too":      {before: written, after: `{"colour":"red"}`, want: annotation},
		"with a v1 field that is invalid, too":         {before: written, after: `{"failedJobsHistoryLimit":-1}`, want: annotation + ".failedJobsHistoryLimit"},
		"with an empty requestID, too":                 {before: written, after: `{"trigger":{"requestID":""}}`, want: annotation + ".trigger.requestID"},
		"that could not be read before is no obstacle": {before: `{"suspend"`, after: `{"suspend"`},
		"that is mended is accepted":                   {before: `{"suspend"`, after: written},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := convertToV1alpha1(t, *minimal())
			before.Annotations = map[string]string{fissilev1.AnnotationConversionData: test.before}
			after := convertToV1alpha1(t, *minimal())
			after.Annotations = map[string]string{fissilev1.AnnotationConversionData: test.after}
			after.Spec.UpdateOnConfigChange = new(true)
			server := newAPIServer(t)
			_, err := newV1alpha1Validator(server, server, rules).ValidateUpdate(t.Context(), &before, &after)

			var got []string
			for _, cause := range causes(t, err) {
				got = append(got, cause.Field)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %v, want a refusal of %q", err, test.want)
			}
		})
	}

	t.Run("is looked at when nothing else is changed", func(t *testing.T) {
		before, after := convertToV1alpha1(t, *minimal()), convertToV1alpha1(t, *minimal())
		after.Annotations = map[string]string{fissilev1.AnnotationConversionData: `{"suspend"`}
		server := newAPIServer(t)
		if _, err := newV1alpha1Validator(server, server, rules).ValidateUpdate(t.Context(), &before, &after); err == nil {
			t.Error("the update is admitted")
		}
	})
}

// apiServer is the API server as the validators see it. It holds an ExtendedJob that
// writes the Secret taken-main.
type apiServer struct {
	client.WithWatch
	t *testing.T
	// judge is its answer to a dry run of a Job.
	judge func(*batchv1.Job) error
	// warning is its warning in a dry run, if not empty.
	warning string
	// hangs is true if it never answers.
	hangs bool
	// spoil changes the pods of a Job as its admission does.
	spoil func(*corev1.PodSpec)
}

// Find finds an ExtendedJob whose output goes to taken-main.
func (s *apiServer) Find(_ context.Context, namespace, name, key string) ([]client.ObjectKey, error) {
	if name == index.Output && key == "taken-main" {
		return []client.ObjectKey{{Namespace: namespace, Name: "other"}}, nil
	}
	return nil, nil
}

func newAPIServer(t *testing.T) *apiServer {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(batchv1.AddToScheme(scheme), fissilev1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	server := &apiServer{t: t, judge: judgeJob}
	server.WithWatch = fake.NewClientBuilder().WithScheme(scheme).
		WithInterceptorFuncs(interceptor.Funcs{
			Create: func(ctx context.Context, api client.WithWatch, obj client.Object, opts ...client.CreateOption) error {
				if server.hangs {
					<-ctx.Done()
					return ctx.Err()
				}
				if server.warning != "" {
					warningCollector{}.HandleWarningHeaderWithContext(ctx, 299, "", server.warning)
				}
				job := &batchv1.Job{}
				content := obj.(*unstructured.Unstructured).Object
				if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(content, job, true); err != nil {
					return err
				}
				if err := server.judge(job); err != nil {
					return err
				}
				if server.spoil != nil {
					server.spoil(&job.Spec.Template.Spec)
					answer, err := runtime.DefaultUnstructuredConverter.ToUnstructured(job)
					obj.(*unstructured.Unstructured).Object = answer
					return err
				}
				return api.Create(ctx, obj, opts...)
			},
		}).Build()
	return server
}

// judgeJob applies some of the API server's rules for Jobs.
func judgeJob(job *batchv1.Job) error {
	path := field.NewPath("spec", "template", "spec", "containers")
	if runjob.HasCollector(job) && job.Spec.Template.Spec.Containers[0].Image == "not with the collector" {
		return jobInvalid(field.Required(field.NewPath("spec", "template", "spec", "initContainers").Index(0).Child("image"), ""))
	}
	for i, container := range job.Spec.Template.Spec.Containers {
		if container.Image == "" {
			return jobInvalid(field.Required(path.Index(i).Child("image"), ""))
		}
		for j, variable := range container.Env {
			if from := variable.ValueFrom; from != nil && from.FieldRef != nil && from.FieldRef.FieldPath != "metadata.name" {
				return jobInvalid(field.NotSupported(path.Index(i).Child("env").Index(j).Child("valueFrom", "fieldRef", "fieldPath"),
					from.FieldRef.FieldPath, []string{"metadata.name"}))
			}
		}
	}
	return nil
}

// rules are those of the operator's configuration.
var rules = Options{ClosedNamespace: "extendedjob-system", ReservedSecretNames: []string{"sh.helm.release.v1.*", "bootstrap-token-*"}, CollectorImage: "collector"}

// create asks whether an ExtendedJob may be created.
func (s *apiServer) create(example example, version string) (admission.Warnings, error) {
	s.t.Helper()
	switch ej := example.written(s.t, version).(type) {
	case *fissilev1.ExtendedJob:
		return newV1Validator(s, s, rules).ValidateCreate(s.t.Context(), ej)
	case *fissilev1alpha1.ExtendedJob:
		return newV1alpha1Validator(s, s, rules).ValidateCreate(s.t.Context(), ej)
	}
	panic("unknown version " + version)
}

// update asks whether an ExtendedJob may be changed.
func (s *apiServer) update(before, after *fissilev1.ExtendedJob, version string) (admission.Warnings, error) {
	s.t.Helper()
	if version == "v1" {
		return newV1Validator(s, s, rules).ValidateUpdate(s.t.Context(), before, after)
	}
	oldEJ, ej := convertToV1alpha1(s.t, *before), convertToV1alpha1(s.t, *after)
	return newV1alpha1Validator(s, s, rules).ValidateUpdate(s.t.Context(), &oldEJ, &ej)
}

// written returns the example's ExtendedJob in a version.
func (e example) written(t *testing.T, version string) runtime.Object {
	t.Helper()
	ej := minimal()
	if e.write != nil {
		e.write(ej)
	}
	if version == "v1" {
		return ej
	}
	inV1alpha1 := convertToV1alpha1(t, *ej)
	if e.writeV1alpha1 != nil {
		e.writeV1alpha1(&inV1alpha1)
	}
	return &inV1alpha1
}

// versions returns the versions in which an example can be written, with its field's
// path.
func (e example) versions() map[string]string {
	versions := map[string]string{"v1": e.field.v1, "v1alpha1": e.field.v1alpha1}
	maps.DeleteFunc(versions, func(_, path string) bool { return path == "" })
	return versions
}

// causes returns what kubectl shows of a refusal, or nothing if there is none.
func causes(t *testing.T, err error) []metav1.StatusCause {
	t.Helper()
	if err == nil {
		return nil
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Code != http.StatusUnprocessableEntity {
		t.Fatalf("got %v, want HTTP status 422", err)
	}
	return status.Status().Details.Causes
}

func requireCauses(t *testing.T, err error, want ...string) {
	t.Helper()
	var got []string
	for _, cause := range causes(t, err) {
		got = append(got, cause.Field+": "+cause.Message)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

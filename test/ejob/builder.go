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

// Package ejob makes ExtendedJobs for tests, and matches what became of them.
package ejob

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// Builder makes an ExtendedJob. Each method sets one thing.
type Builder struct {
	ej *fissilev1.ExtendedJob
}

// New begins an ExtendedJob with one container, named main, in a pod that is
// never restarted.
func New(namespace, name string) *Builder {
	b := &Builder{&fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}}
	b.PodSpec().RestartPolicy = corev1.RestartPolicyNever
	return b.Containers("main")
}

// Obj is the ExtendedJob.
func (b *Builder) Obj() *fissilev1.ExtendedJob { return b.ej }

// PodSpec is the pod of the template, for what has no method here.
func (b *Builder) PodSpec() *corev1.PodSpec { return &b.ej.Spec.JobTemplate.Spec.Template.Spec }

// Strategy sets spec.trigger.strategy.
func (b *Builder) Strategy(strategy fissilev1.TriggerStrategy) *Builder {
	b.ej.Spec.Trigger.Strategy = strategy
	return b
}

// Suspend sets spec.suspend.
func (b *Builder) Suspend() *Builder {
	b.ej.Spec.Suspend = new(true)
	return b
}

// Containers replaces the containers by ones with these names.
func (b *Builder) Containers(names ...string) *Builder {
	b.PodSpec().Containers = nil
	for _, name := range names {
		b.PodSpec().Containers = append(b.PodSpec().Containers, corev1.Container{Name: name, Image: "busybox"})
	}
	return b
}

// Command sets the command of the first container.
func (b *Builder) Command(command ...string) *Builder {
	b.PodSpec().Containers[0].Command = command
	return b
}

// UpdateOnConfigChange sets spec.updateOnConfigChange.
func (b *Builder) UpdateOnConfigChange() *Builder {
	b.ej.Spec.UpdateOnConfigChange = new(true)
	return b
}

// ReadsConfigMap gives the first container a ConfigMap as its environment.
func (b *Builder) ReadsConfigMap(name string) *Builder {
	return b.envFrom(corev1.EnvFromSource{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}})
}

// ReadsSecret gives the first container a Secret as its environment.
func (b *Builder) ReadsSecret(name string) *Builder {
	return b.envFrom(corev1.EnvFromSource{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}})
}

func (b *Builder) envFrom(source corev1.EnvFromSource) *Builder {
	container := &b.PodSpec().Containers[0]
	container.EnvFrom = append(container.EnvFrom, source)
	return b
}

// Output sets spec.output with a prefix.
func (b *Builder) Output(namePrefix string) *Builder {
	b.ej.Spec.Output = &fissilev1.Output{NamePrefix: namePrefix}
	return b
}

// Files adds files to spec.output.
func (b *Builder) Files(files ...fissilev1.OutputFile) *Builder {
	if b.ej.Spec.Output == nil {
		b.ej.Spec.Output = &fissilev1.Output{}
	}
	b.ej.Spec.Output.Files = append(b.ej.Spec.Output.Files, files...)
	return b
}

// Versioned keeps what is printed in versioned Secrets.
func (b *Builder) Versioned() *Builder {
	b.ej.Spec.Output.Versioned = new(true)
	return b
}

// WriteOnFailure sets spec.output.writeOnFailure.
func (b *Builder) WriteOnFailure() *Builder {
	b.ej.Spec.Output.WriteOnFailure = new(true)
	return b
}

// Retain keeps the output when the ExtendedJob is deleted.
func (b *Builder) Retain() *Builder {
	b.ej.Spec.Output.DeletionPolicy = fissilev1.DeletionPolicyRetain
	return b
}

// Keep keeps output that is there already.
func (b *Builder) Keep() *Builder {
	b.ej.Spec.Output.IfExists = fissilev1.ExistingOutputKeep
	return b
}

// SecretLabels sets spec.output.secretLabels.
func (b *Builder) SecretLabels(labels map[string]string) *Builder {
	b.ej.Spec.Output.SecretLabels = labels
	return b
}

// HistoryLimits sets how many Jobs of successful and of failed runs stay.
func (b *Builder) HistoryLimits(successful, failed int32) *Builder {
	b.ej.Spec.SuccessfulJobsHistoryLimit = &successful
	b.ej.Spec.FailedJobsHistoryLimit = &failed
	return b
}

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

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
)

// memoryFigures is what was measured of one manager in one cluster.
type memoryFigures struct {
	processMemory
	heap, ready float64
}

// memory is scenario e.
func memory(ctx context.Context, b *bench) error {
	namespace, err := b.newNamespace(ctx, "full")
	if err != nil {
		return err
	}
	floor, full := plotSeries{Name: "bare manager, metadata only"}, plotSeries{Name: "bare manager, whole objects"}
	operator := plotSeries{Name: "operator"}
	var rows [][]string
	var lowest memoryFigures
	empty := 0.0
	for level, secrets := range b.parameters.Secrets {
		if err := b.fill(ctx, namespace, level); err != nil {
			return err
		}
		figures, err := b.compareMemory(ctx, namespace, secrets)
		if err != nil {
			return err
		}
		for i, who := range []string{floor.Name, full.Name, operator.Name} {
			f := figures[i]
			rows = append(rows, []string{
				strconv.Itoa(secrets), who, fmt.Sprintf("%.1f", f.resident/mebi), fmt.Sprintf("%.1f", f.anonymous/mebi), fmt.Sprintf("%.1f", f.peak/mebi),
				fmt.Sprintf("%.1f", f.heap/mebi), fmt.Sprintf("%.1f", f.received/mebi), fmt.Sprintf("%.2f", f.ready),
			})
		}
		for i, s := range []*plotSeries{&floor, &full, &operator} {
			s.X = append(s.X, float64(secrets))
			s.Y = append(s.Y, figures[i].resident/mebi)
		}
		lowest = figures[0]
		if secrets == 0 {
			empty = figures[2].resident
			continue
		}
		b.checkMemory(secrets, figures[0], figures[2], empty)
	}
	b.addTable("Memory and received data in MiB, "+strconv.Itoa(b.parameters.Seconds)+" s after the start of the last program; heap in use, as Go counts it; time until ready, in s",
		[]string{"Secrets", "program", "RSS", "anonymous", "peak RSS", "heap", "received", "ready"}, rows...)
	b.result.Plots = append(b.result.Plots, plotData{Name: "memory", Title: "Resident memory", X: "Secrets of 10 KiB", Y: "MiB", Series: []plotSeries{floor, full, operator}})
	return b.selfSignedMemory(ctx, lowest)
}

func (b *bench) checkMemory(secrets int, floor, operator memoryFigures, empty float64) {
	b.checkRatio(fmt.Sprintf("memory with %d Secrets, relative to the floor", secrets), operator, floor)
	switch secrets {
	case 5000:
		b.atMost("memory with 5,000 Secrets, MiB", operator.resident/mebi, false)
	case 20000:
		b.atMost("memory with 20,000 Secrets, MiB", operator.resident/mebi, false)
	}
	ready := b.scenario.Targets["time until ready, s"]
	b.result.Checks = append(b.result.Checks, check{What: fmt.Sprintf("time until ready with %d Secrets, s", secrets), Got: operator.ready, Most: &ready})
	b.note("With %d Secrets, the operator takes %.1f MiB more than in the empty cluster, which is %.2f KiB per object. The floor is %.1f MiB.",
		secrets, (operator.resident-empty)/mebi, (operator.resident-empty)/1024/float64(secrets+b.parameters.ConfigMaps), floor.resident/mebi)
}

func (b *bench) checkRatio(what string, operator, floor memoryFigures) {
	limit := b.scenario.Targets["memory, relative to the floor"]
	b.result.Checks = append(b.result.Checks, check{What: what, Got: operator.resident / floor.resident, Most: &limit})
}

// fill adds the Secrets that a level has beyond the one before it. Level 1 adds the
// ConfigMaps, too.
func (b *bench) fill(ctx context.Context, namespace string, level int) error {
	if level == 0 {
		return nil
	}
	from, to := b.parameters.Secrets[level-1], b.parameters.Secrets[level]
	b.progress("  creating %d Secrets", to-from)
	if err := parallel(to-from, b.parameters.Workers, func(i int) error {
		data := make([]byte, b.parameters.Bytes)
		if _, err := rand.Read(data); err != nil {
			return err
		}
		return b.client.Create(ctx, &corev1.Secret{ObjectMeta: objectMeta(namespace, from+i), Data: map[string][]byte{"data": data}})
	}); err != nil || level > 1 {
		return err
	}
	return parallel(b.parameters.ConfigMaps, b.parameters.Workers, func(i int) error {
		data := make([]byte, b.parameters.Bytes)
		for j := range data {
			data[j] = 'a' + byte(j%26)
		}
		return b.client.Create(ctx, &corev1.ConfigMap{ObjectMeta: objectMeta(namespace, i), Data: map[string]string{"data": string(data)}})
	})
}

func objectMeta(namespace string, i int) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("object-%05d", i), Labels: map[string]string{"app": "bench"}}
}

// compareMemory starts the floor, the manager that caches whole objects and the
// operator one after the other, and measures them while all three run.
func (b *bench) compareMemory(ctx context.Context, namespace string, secrets int) ([3]memoryFigures, error) {
	var figures [3]memoryFigures
	var managers [3]*manager
	for i, start := range []func() (*manager, error){
		func() (*manager, error) { return b.startFloor(ctx, false) },
		func() (*manager, error) { return b.startFloor(ctx, true) },
		func() (*manager, error) { return b.startOperator(ctx, nil) },
	} {
		var err error
		if managers[i], err = start(); err != nil {
			return figures, err
		}
		defer managers[i].stop()
	}
	if err := pause(ctx, b.parameters.Seconds); err != nil {
		return figures, err
	}
	for i, m := range managers {
		var err error
		if figures[i], err = m.figures(ctx); err != nil {
			return figures, err
		}
		b.progress("  %d Secrets, %s: %.1f MiB, ready after %.2f s", secrets, [3]string{"floor", "whole objects", "operator"}[i], figures[i].resident/mebi, figures[i].ready)
	}
	if secrets == 0 {
		return figures, nil
	}
	if err := b.profile(ctx, managers[2], fmt.Sprintf("heap-%d", secrets), "heap"); err != nil {
		return figures, err
	}
	return figures, b.changeUnreferenced(ctx, namespace)
}

func (b *bench) measureMemory(ctx context.Context, m *manager) (memoryFigures, error) {
	if err := pause(ctx, b.parameters.Seconds); err != nil {
		return memoryFigures{}, err
	}
	return m.figures(ctx)
}

func (m *manager) figures(ctx context.Context) (memoryFigures, error) {
	p, heap, err := m.memory(ctx)
	return memoryFigures{processMemory: p, heap: heap, ready: m.ready.Seconds()}, err
}

// startFloor starts the bare manager.
func (b *bench) startFloor(ctx context.Context, full bool) (*manager, error) {
	kubeconfig, err := b.Kubeconfig(benchUser)
	if err != nil {
		return nil, err
	}
	m := &manager{}
	if m.metrics, err = controlplane.FreeAddress(); err != nil {
		return nil, err
	}
	if m.health, err = controlplane.FreeAddress(); err != nil {
		return nil, err
	}
	command := exec.Command(filepath.Join(b.options.repository, "bin", "bench", "floor"), "--metrics="+m.metrics, "--health="+m.health, fmt.Sprintf("--full=%t", full))
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	return b.startManager(ctx, command, m)
}

// changeUnreferenced changes Secrets and ConfigMaps that no ExtendedJob references,
// and then a ConfigMap that one does. The run that follows shows that the operator
// has seen the other changes, too.
func (b *bench) changeUnreferenced(ctx context.Context, namespace string) error {
	const changed = 10
	own, err := b.newNamespace(ctx, "concerned")
	if err != nil {
		return err
	}
	if err := b.client.Create(ctx, sharedConfigMap(own, "before")); err != nil {
		return err
	}
	t, err := b.track(ctx, own, nil)
	if err != nil {
		return err
	}
	defer t.stop()
	if err := b.client.Create(ctx, readingShared(newExtendedJob(own, 0, fissilev1.StrategyOnce))); err != nil {
		return err
	}
	if err := t.wait(ctx, b, jobDeleted, 1); err != nil {
		return err
	}
	position, err := b.AuditLog.End()
	if err != nil {
		return err
	}
	for i := range changed {
		secret := &corev1.Secret{ObjectMeta: objectMeta(namespace, i), Data: map[string][]byte{"changed": nil}}
		configMap := &corev1.ConfigMap{ObjectMeta: objectMeta(namespace, i), Data: map[string]string{"changed": ""}}
		if err := b.client.Update(ctx, secret); err != nil {
			return err
		}
		if err := b.client.Update(ctx, configMap); err != nil {
			return err
		}
	}
	if err := b.client.Update(ctx, sharedConfigMap(own, "after")); err != nil {
		return err
	}
	if err := waitFor(ctx, "the second run", 10*time.Minute, func(ctx context.Context) (bool, error) {
		atRest, _, err := b.settledAs(ctx, own, fissilev1.StrategyDone, 2)
		return atRest == 1, err
	}); err != nil {
		return err
	}
	about := 0
	for e, err := range b.AuditLog.Since(position) {
		if err != nil {
			return err
		}
		if e.ObjectRef != nil && requestOf(e).User == operatorName && e.Verb != "watch" && e.ObjectRef.Resource != "leases" && e.ObjectRef.Namespace != own {
			about++
		}
	}
	b.atMost("requests for changes of unreferenced objects", float64(about), true)
	b.result.Checks = dropRepeated(b.result.Checks)
	return nil
}

// selfSignedMemory measures the operator with self-signed certificates in a cluster
// with foreign CustomResourceDefinitions, which it must not cache.
func (b *bench) selfSignedMemory(ctx context.Context, floor memoryFigures) error {
	selfSigned := func(c *configv1alpha1.OperatorConfiguration) {
		c.Certificates = configv1alpha1.Certificates{Source: configv1alpha1.CertificatesSelfSigned}
	}
	var rows [][]string
	for _, definitions := range []int{0, b.parameters.Definitions} {
		if err := b.defineOthers(ctx, definitions); err != nil {
			return err
		}
		m, err := b.startOperator(ctx, selfSigned)
		if err != nil {
			return err
		}
		f, err := b.measureMemory(ctx, m)
		if err != nil {
			return err
		}
		m.stop()
		b.checkRatio(fmt.Sprintf("memory with self-signed certificates and %d foreign CRDs, relative to the floor", definitions), f, floor)
		rows = append(rows, []string{strconv.Itoa(definitions), fmt.Sprintf("%.1f", f.resident/mebi), fmt.Sprintf("%.1f", f.heap/mebi), fmt.Sprintf("%.1f", f.received/mebi), fmt.Sprintf("%.2f", f.ready)})
	}
	b.addTable(fmt.Sprintf("The operator with self-signed certificates and %d Secrets, in MiB; time until ready, in s", b.parameters.Secrets[len(b.parameters.Secrets)-1]),
		[]string{"foreign CRDs", "RSS", "heap", "received", "ready"}, rows...)
	return nil
}

func (b *bench) defineOthers(ctx context.Context, n int) error {
	return parallel(n, b.parameters.Workers, func(i int) error {
		plural := fmt.Sprintf("kinds%d", i)
		properties := make(map[string]apiextensionsv1.JSONSchemaProps)
		for j := range 100 { // about 10 KiB, like typical ones
			properties[fmt.Sprintf("property%d", j)] = apiextensionsv1.JSONSchemaProps{Type: "string", Description: "A property of a different operator, with a description of the usual length."}
		}
		return b.client.Create(ctx, &apiextensionsv1.CustomResourceDefinition{
			ObjectMeta: metav1.ObjectMeta{Name: plural + ".bench.example.com"},
			Spec: apiextensionsv1.CustomResourceDefinitionSpec{
				Group: "bench.example.com",
				Scope: apiextensionsv1.NamespaceScoped,
				Names: apiextensionsv1.CustomResourceDefinitionNames{Plural: plural, Kind: fmt.Sprintf("Kind%d", i)},
				Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
					Name: "v1", Served: true, Storage: true,
					Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{Type: "object", Properties: properties}},
				}},
			},
		})
	})
}

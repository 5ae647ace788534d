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
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/scrape"
)

// manager is a running manager: the operator's program as shipped, or one to
// compare it with.
type manager struct {
	*program
	metrics, health, profiling string
	// ready is how long the manager took to become ready.
	ready time.Duration
}

// startOperator starts the operator and waits until it is ready and leads.
func (b *bench) startOperator(ctx context.Context, change func(*configv1alpha1.OperatorConfiguration)) (*manager, error) {
	kubeconfig, err := b.OperatorKubeconfig()
	if err != nil {
		return nil, err
	}
	return b.startOperatorAs(ctx, kubeconfig, change)
}

func (b *bench) startOperatorAs(ctx context.Context, kubeconfig string, change func(*configv1alpha1.OperatorConfiguration)) (*manager, error) {
	configuration, err := b.OperatorConfiguration()
	if err != nil {
		return nil, err
	}
	if configuration.Profiling.BindAddress, err = controlplane.FreeAddress(); err != nil {
		return nil, err
	}
	if change != nil {
		change(configuration)
	}
	file := filepath.Join(b.directory, "operator.yaml")
	if err := controlplane.WriteYAML(file, configuration); err != nil {
		return nil, err
	}
	command := exec.Command(filepath.Join(b.options.repository, "bin", "manager"), "--config="+file, "--zap-log-level=error")
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	return b.startManager(ctx, command, &manager{
		metrics:   configuration.Metrics.BindAddress,
		health:    configuration.Health.BindAddress,
		profiling: configuration.Profiling.BindAddress,
	})
}

// startManager starts a manager and waits until it is ready.
func (b *bench) startManager(ctx context.Context, command *exec.Cmd, m *manager) (*manager, error) {
	started := time.Now()
	var err error
	if m.program, err = b.start(command); err != nil {
		return nil, err
	}
	err = waitFor(ctx, "the manager to be ready", 15*time.Minute, func(ctx context.Context) (bool, error) {
		if !m.running() {
			return false, fmt.Errorf("the manager exited: %s", m.output)
		}
		_, err := scrape.Get(ctx, "http://"+m.health+"/readyz")
		return err == nil, nil
	})
	m.ready = time.Since(started)
	return m, err
}

// workedOff waits until the operator has reconciled at least this many times and
// its queue is empty.
func (m *manager) workedOff(ctx context.Context, reconciles int) error {
	return waitFor(ctx, "the operator to empty its queue", 10*time.Minute, func(ctx context.Context) (bool, error) {
		families, err := m.families(ctx)
		return err == nil && families.WorkedOff(reconciles), nil
	})
}

// families returns the manager's metrics.
func (m *manager) families(ctx context.Context) (scrape.Families, error) {
	return scrape.Metrics(ctx, "http://"+m.metrics+"/metrics")
}

// memory returns the manager's memory, and its heap in bytes.
func (m *manager) memory(ctx context.Context) (processMemory, float64, error) {
	families, err := m.families(ctx)
	return memoryOf(m.command.Process.Pid), families.Sum("go_memstats_heap_inuse_bytes", nil), err
}

// collectGarbage makes the manager collect garbage.
func (m *manager) collectGarbage(ctx context.Context) error {
	_, err := scrape.Get(ctx, "http://"+m.profiling+"/debug/pprof/heap?gc=1")
	return err
}

// profile saves a profile of the manager, if profiles are wanted. A CPU profile
// takes as long as the time it covers.
func (b *bench) profile(ctx context.Context, m *manager, name, of string) error {
	if b.profiles == "" {
		return nil
	}
	body, err := scrape.Get(ctx, "http://"+m.profiling+"/debug/pprof/"+of)
	if err != nil {
		return fmt.Errorf("profile the manager: %w", err)
	}
	return b.keepProfile(name, body)
}

// profileServer saves a CPU profile of the API server over the given time, if
// profiles are wanted.
func (b *bench) profileServer(ctx context.Context, seconds int) error {
	if b.profiles == "" {
		return nil
	}
	body, err := b.clientset.Discovery().RESTClient().Get().AbsPath("/debug/pprof/profile").Param("seconds", strconv.Itoa(seconds)).DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("profile the API server: %w", err)
	}
	return b.keepProfile("apiserver-cpu", body)
}

func (b *bench) keepProfile(name string, body []byte) error {
	if err := os.MkdirAll(b.profiles, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.profiles, b.scenario.Letter+"-"+name+".pprof"), body, 0o600)
}

// profileCPU starts CPU profiles of the manager and the API server in the
// background, and returns a function that waits for both.
func (b *bench) profileCPU(ctx context.Context, m *manager, seconds int) (wait func() error) {
	done := make(chan error, 2)
	go func() { done <- b.profile(ctx, m, "cpu", fmt.Sprintf("profile?seconds=%d", seconds)) }()
	go func() { done <- b.profileServer(ctx, seconds) }()
	return func() error { return errors.Join(<-done, <-done) }
}

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

package chart_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/program"
)

const (
	release           = "ejob"
	operatorNamespace = "chart-operator"
	runsNamespace     = "chart-runs"
)

// make test-chart says what is run, and removes what was deployed before.
func TestOnTheCluster(t *testing.T) {
	helm4, helm3 := helm(os.Getenv("HELM")), helm(os.Getenv("HELM3"))
	t.Cleanup(func() {
		kubectl(t, "delete", "namespace", operatorNamespace, runsNamespace, "--ignore-not-found", "--wait=false")
	})
	kubectl(t, "create", "namespace", runsNamespace)

	for name, helm := range map[string]program.Program{"Helm 4": helm4, "Helm 3": helm3} {
		if output, err := helm.Run(t.Context(), "lint", "--strict", directory); err != nil {
			t.Fatalf("%s: %s", name, output)
		}
	}

	t.Run("cf-operator's CustomResourceDefinition is left alone", func(t *testing.T) {
		kubectl(t, "apply", "--filename=testdata/cf-operator.yaml")
		for name, helm := range map[string]program.Program{"Helm 4": helm4, "Helm 3": helm3} {
			output, err := helm.Run(t.Context(), install()...)
			if err == nil || !strings.Contains(output, "of another operator, such as cf-operator") {
				t.Errorf("%s: %v\n%s", name, err, output)
			}
		}
		kubectl(t, "delete", "--filename=testdata/cf-operator.yaml")
	})

	step(t, "install by Helm 4", func(t *testing.T) {
		helm4.Must(t, install("--create-namespace")...)
		kubectl(t, "--namespace="+runsNamespace, "apply", "--filename=testdata/slow.yaml")
		waitForSlow(t, "Running")
	})
	step(t, "upgrade during a run", func(t *testing.T) {
		before := operatorPods(t)
		helm4.Must(t, upgrade("--set=configuration.concurrency=20")...)
		if after := operatorPods(t); after == before {
			t.Error("the pods have not been replaced")
		}
		requireOneRunWithOutput(t)
	})
	step(t, "rollback", func(t *testing.T) {
		helm4.Must(t, "rollback", release, "1", "--wait", "--timeout=2m", "--namespace="+operatorNamespace)
		if configuration := kubectl(t, "--namespace="+operatorNamespace, "get", "configmap", "extendedjob-operator-config", "--output=yaml"); strings.Contains(configuration, "concurrency") {
			t.Errorf("the configuration is still\n%s", configuration)
		}
		requireOneRunWithOutput(t)
	})
	step(t, "helm install --wait of an ExtendedJob", func(t *testing.T) {
		namespace := "--namespace=" + runsNamespace
		helm4.Must(t, "install", "good", "testdata/jobs", "--wait", "--timeout=1m", namespace, "--set=command=sleep 1")
		if complete := status(t, "migration", `{.status.conditions[?(@.type=="Complete")].status}`); complete != "True" {
			t.Errorf("Helm did not wait: Complete is %q", complete)
		}
		helm4.Must(t, "uninstall", "good", namespace)

		output, err := helm4.Run(t.Context(), "install", "bad", "testdata/jobs", "--wait", "--timeout=1m", namespace, "--set=command=exit 3")
		if err == nil || strings.Contains(output, "deadline exceeded") || !strings.Contains(output, "ExtendedJob/"+runsNamespace+"/migration not ready. status: Failed") {
			t.Errorf("%v\n%s", err, output)
		}
		helm4.Must(t, "uninstall", "bad", namespace)
	})
	step(t, "uninstall keeps the ExtendedJobs", func(t *testing.T) {
		helm4.Must(t, uninstall()...)
		requireOneRunWithOutput(t)
	})
	step(t, "install again by Helm 3", func(t *testing.T) {
		helm3.Must(t, install()...)
		requireOneRunWithOutput(t)
		kubectl(t, "--namespace="+runsNamespace, "patch", "ejob", "slow", "--type=merge",
			`--patch={"spec":{"trigger":{"requestID":"again"}}}`)
		waitForSlow(t, "Running")
	})
	step(t, "upgrade and rollback by Helm 3", func(t *testing.T) {
		helm3.Must(t, upgrade("--set=configuration.concurrency=20")...)
		waitForSlow(t, "Complete")
		if runs := status(t, "slow", "{.status.runs}"); runs != "2" {
			t.Errorf("there were %s runs, want 2", runs)
		}
		helm3.Must(t, "rollback", release, "1", "--wait", "--timeout=2m", "--namespace="+operatorNamespace)
	})
	step(t, "uninstall with the CustomResourceDefinition", func(t *testing.T) {
		helm3.Must(t, upgrade("--set=crds.keep=false")...)
		helm3.Must(t, uninstall()...)
		kubectl(t, "wait", "--for=delete", "crd/extendedjobs.fissile.cloudfoundry.org", "--timeout=1m")
	})
}

func install(arguments ...string) []string {
	return append(withImage("install"), arguments...)
}

func upgrade(arguments ...string) []string {
	return append(withImage("upgrade"), arguments...)
}

func uninstall() []string {
	return []string{"uninstall", release, "--wait", "--timeout=2m", "--namespace=" + operatorNamespace}
}

// withImage has Helm install the operator's image, by the name that make gave it.
func withImage(command string) []string {
	image := os.Getenv("IMG")
	tag := strings.LastIndex(image, ":")
	return []string{
		command, release, directory, "--wait", "--timeout=2m", "--namespace=" + operatorNamespace,
		"--set=image.repository=" + image[:tag], "--set=image.tag=" + image[tag+1:],
	}
}

// step is a part of the test that those after it need.
func step(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	start := time.Now()
	if !t.Run(name, f) {
		t.FailNow()
	}
	t.Logf("%s: %.1f s", name, time.Since(start).Seconds())
}

// helm returns a version of Helm.
func helm(path string) program.Program {
	return program.Program{Path: path, Flags: []string{"--kube-context=" + os.Getenv("KUBE_CONTEXT")}}
}

var kubectl = program.Kubectl().Must

// waitForSlow waits until a condition of the slow run is true.
func waitForSlow(t *testing.T, condition string) {
	t.Helper()
	kubectl(t, "--namespace="+runsNamespace, "wait", "--for=condition="+condition, "ejob/slow", "--timeout=1m")
}

func status(t *testing.T, name, path string) string {
	t.Helper()
	return kubectl(t, "--namespace="+runsNamespace, "get", "ejob", name, "--output=jsonpath="+path)
}

// requireOneRunWithOutput requires that the slow run ends as if nobody had touched
// the operator, once.
func requireOneRunWithOutput(t *testing.T) {
	t.Helper()
	waitForSlow(t, "Complete")
	if runs := status(t, "slow", "{.status.runs}"); runs != "1" {
		t.Errorf("there were %s runs, want 1", runs)
	}
	if data := kubectl(t, "--namespace="+runsNamespace, "get", "secret", "slow-json", "--output=jsonpath={.data.slept}"); data != "d2VsbA==" {
		t.Errorf("the output is %q", data)
	}
}

func operatorPods(t *testing.T) string {
	t.Helper()
	return kubectl(t, "--namespace="+operatorNamespace, "get", "pods", "--field-selector=status.phase=Running",
		"--selector=app.kubernetes.io/component=controller-manager", "--output=name")
}

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

// Command scorecard is a test of the bundle for operator-sdk's scorecard: it has
// the operator of the cluster run an ExtendedJob, and checks its output.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

const (
	testName = "extendedjob-keeps-its-output"
	timeout  = 90 * time.Second

	namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
)

// status is the TestStatus of scorecard.operatorframework.io/v1alpha3.
type status struct {
	Results []result `json:"results"`
}

type result struct {
	Name   string   `json:"name"`
	State  string   `json:"state"`
	Errors []string `json:"errors,omitempty"`
}

func main() {
	outcome := result{Name: testName, State: "pass"}
	if err := run(); err != nil {
		outcome.State, outcome.Errors = "fail", []string{err.Error()}
	}
	// Scorecard reads the log, and goes by it.
	if err := json.NewEncoder(os.Stdout).Encode(status{[]result{outcome}}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 || os.Args[1] != testName {
		return fmt.Errorf("got the arguments %q, but the only test is %s", os.Args[1:], testName)
	}
	namespace, err := os.ReadFile(namespaceFile)
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), fissilev1.AddToScheme(scheme)); err != nil {
		return err
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return runExtendedJob(ctx, c, strings.TrimSpace(string(namespace)))
}

func runExtendedJob(ctx context.Context, c client.Client, namespace string) error {
	ej := &fissilev1.ExtendedJob{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "scorecard-", Namespace: namespace},
		Spec: fissilev1.ExtendedJobSpec{
			Trigger: fissilev1.Trigger{Strategy: fissilev1.StrategyOnce},
			Output:  &fissilev1.Output{NamePrefix: "scorecard"},
		},
	}
	ej.Spec.JobTemplate.Spec.Template.Spec = corev1.PodSpec{
		RestartPolicy:   corev1.RestartPolicyNever,
		SecurityContext: &corev1.PodSecurityContext{RunAsNonRoot: new(true), RunAsUser: new(int64(65534)), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
		Containers: []corev1.Container{{
			Name:            "json",
			Image:           "busybox",
			Command:         []string{"echo", `{"foo":"1"}`},
			SecurityContext: &corev1.SecurityContext{AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}},
		}},
	}
	if err := c.Create(ctx, ej); err != nil {
		return fmt.Errorf("create ExtendedJob: %w", err)
	}
	// The Secret goes with it.
	defer func() { _ = c.Delete(context.WithoutCancel(ctx), ej) }()

	err := wait.PollUntilContextCancel(ctx, time.Second, true, func(ctx context.Context) (bool, error) {
		err := c.Get(ctx, client.ObjectKeyFromObject(ej), ej)
		return meta.IsStatusConditionTrue(ej.Status.Conditions, fissilev1.ConditionComplete), err
	})
	if err != nil {
		return fmt.Errorf("ExtendedJob %s is not Complete, its conditions are %v: %w", ej.Name, ej.Status.Conditions, err)
	}
	secret := &corev1.Secret{}
	if err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "scorecard-json"}, secret); err != nil {
		return fmt.Errorf("read the output: %w", err)
	}
	if len(secret.Data) != 1 || string(secret.Data["foo"]) != "1" {
		return fmt.Errorf("the output has %d keys, not only the one that was printed", len(secret.Data))
	}
	return nil
}

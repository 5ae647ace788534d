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

// Run asks for a run of an ExtendedJob by server-side apply, and waits for its end
// with an informer:
//
//	go run ./client-go/examples/run --namespace=NAMESPACE NAME REQUEST-ID
//
// It exits with 0 if the run succeeded. A request ID that was served runs nothing
// again, so the program may be started anew after it was interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	applyfissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/client-go/applyconfiguration/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/client-go/clientset/versioned"
	"github.com/cloudfoundry-incubator/extendedjob-operator/client-go/informers/externalversions"
)

// fieldManager owns the request ID, and nothing else of the ExtendedJob.
const fieldManager = "run-example"

func main() {
	namespace := flag.String("namespace", "default", "namespace of the ExtendedJob")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: run [--namespace=NAMESPACE] NAME REQUEST-ID")
		os.Exit(2)
	}
	if err := runOnCluster(context.Background(), *namespace, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// runOnCluster runs on the cluster that kubectl would use, or the one that the
// program's pod is in.
func runOnCluster(ctx context.Context, namespace, name, requestID string) error {
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		clientcmd.NewDefaultClientConfigLoadingRules(), &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return err
	}
	clients, err := versioned.NewForConfig(config)
	if err != nil {
		return err
	}
	return run(ctx, clients, namespace, name, requestID)
}

// run asks for a run, and returns an error unless it succeeds.
func run(ctx context.Context, clients versioned.Interface, namespace, name, requestID string) error {
	request := applyfissilev1.ExtendedJob(name, namespace).WithSpec(
		applyfissilev1.ExtendedJobSpec().WithTrigger(
			applyfissilev1.Trigger().WithRequestID(requestID)))
	// Force, because the request before may have been somebody else's.
	options := metav1.ApplyOptions{FieldManager: fieldManager, Force: true}
	asked, err := clients.FissileV1().ExtendedJobs(namespace).Apply(ctx, request, options)
	if err != nil {
		return fmt.Errorf("ask for a run: %w", err)
	}
	return waitForEnd(ctx, clients, asked)
}

// waitForEnd waits until the request of an ExtendedJob is served, and returns an
// error unless its run succeeded.
func waitForEnd(ctx context.Context, clients versioned.Interface, asked *fissilev1.ExtendedJob) error {
	ctx, cancel := context.WithCancel(ctx)
	factory := externalversions.NewSharedInformerFactoryWithOptions(clients, 0,
		externalversions.WithNamespace(asked.Namespace),
		externalversions.WithTweakListOptions(func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, asked.Name).String()
		}))
	defer factory.Shutdown() // waits for the informer to end
	defer cancel()

	ended := make(chan error, 1)
	end := func(err error) {
		select {
		case ended <- err:
		default: // It has ended before.
		}
	}
	look := func(object any) {
		if over, err := outcome(object.(*fissilev1.ExtendedJob), asked); over {
			end(err)
		}
	}
	if _, err := factory.Fissile().V1().ExtendedJobs().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    look,
		UpdateFunc: func(_, object any) { look(object) },
		DeleteFunc: func(any) { end(errors.New("the ExtendedJob was deleted")) },
	}); err != nil {
		return err
	}
	factory.Start(ctx.Done())

	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// outcome reports whether a request is served or taken back, and returns an error
// unless its run succeeded.
func outcome(ej, asked *fissilev1.ExtendedJob) (over bool, err error) {
	requestID := asked.Spec.Trigger.RequestID
	switch {
	case ej.Generation < asked.Generation: // from before the request
		return false, nil
	case ej.Status.ServedRequestID == requestID:
		return true, result(&ej.Status, requestID)
	case ej.Spec.Trigger.RequestID != requestID:
		return true, fmt.Errorf("request %s was replaced by %s", requestID, ej.Spec.Trigger.RequestID)
	}
	return false, nil
}

// result returns an error unless the run for a request succeeded.
func result(status *fissilev1.ExtendedJobStatus, requestID string) error {
	if last := status.LastRun; last != nil && last.RequestID == requestID {
		return failure(last.Number, last.Result, last.Message)
	}
	for _, run := range status.History {
		if run.RequestID == requestID {
			return failure(run.Number, run.Result, run.Reason)
		}
	}
	return fmt.Errorf("request %s was served too long ago to tell its result", requestID)
}

func failure(number int64, result fissilev1.RunResult, why string) error {
	if result == fissilev1.ResultSucceeded {
		return nil
	}
	return fmt.Errorf("run %d: %s: %s", number, result, why)
}

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
	"fmt"
	"log"
	"slices"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

const (
	// interval is the interval between two checks while waiting.
	interval = 200 * time.Millisecond
	// slow is when a trigger takes so long that the log says when it was.
	slow = time.Minute
)

// user triggers one ExtendedJob repeatedly, and waits each time until the request has
// been served.
type user struct {
	connection
	ej *fissilev1.ExtendedJob
	// ask triggers the ExtendedJob for the n-th time, directly or indirectly.
	ask func(ctx context.Context, n int64) error
	// served reports whether the n-th trigger was served.
	served func(ctx context.Context, ej *fissilev1.ExtendedJob, n int64) (bool, error)
	// check returns what is wrong after the given number of triggers.
	check func(ctx context.Context, ej *fissilev1.ExtendedJob, triggers int64) []string

	// most is the maximum number of triggers, if there is one.
	most int64
	// fails is set if all runs are meant to fail.
	fails bool

	triggers int64
	// lost are the triggers whose runs printed what never reached the log.
	lost []int64
	// examined is the number of the last run that was.
	examined int64
	// abandoned is the number of pods that the kubelet had abandoned.
	abandoned int64
	problems  []string
	longest   time.Duration
	stuck     bool
}

// The operator delays triggers that follow each other immediately, longer each time.
// The last of these triggers is the first that is delayed.
const (
	mostPresses = 10
	mostChanges = 7
)

// prints prints the variable N.
const prints = `echo "{\"n\":\"$N\"}"`

// printer prints its output.
func printer(namespace, name string) *fissilev1.ExtendedJob {
	return ejob.Shell(namespace, name, prints).Output(name).Versioned().Strategy(fissilev1.StrategyManual).Obj()
}

// filer writes its output to a file.
func filer(namespace, name string) *fissilev1.ExtendedJob {
	ej := ejob.Shell(namespace, name, prints+"> /mnt/quarks/n.json").Strategy(fissilev1.StrategyManual).Obj()
	ej.Spec.Output = &fissilev1.Output{Files: []fissilev1.OutputFile{{
		Container: "main", Path: "n.json", SecretName: name + "-main", Versioned: new(true),
	}}}
	return ej
}

// requester requests runs by requestID, and gets versions of an output that hold the
// numbers of the requests.
func requester(c connection, ej *fissilev1.ExtendedJob) *user {
	u := &user{connection: c, ej: ej}
	u.ask = func(ctx context.Context, n int64) error {
		number := strconv.FormatInt(n, 10)
		return u.change(ctx, func(ej *fissilev1.ExtendedJob) {
			ej.Spec.Trigger.RequestID = number
			ej.Spec.Trigger.Env = []fissilev1.TriggerEnvVar{{Name: "N", Value: &number}}
		})
	}
	u.served = func(_ context.Context, ej *fissilev1.ExtendedJob, n int64) (bool, error) {
		return ej.Status.ServedRequestID == strconv.FormatInt(n, 10), nil
	}
	u.check = func(ctx context.Context, ej *fissilev1.ExtendedJob, triggers int64) []string {
		problems := u.count(ej, triggers)
		printed, err := u.versions(ctx)
		if err != nil {
			return append(problems, err.Error())
		}
		var wanted []int64
		for n := int64(1); n <= triggers; n++ {
			if !slices.Contains(u.lost, n) {
				wanted = append(wanted, n)
			}
		}
		if !slices.Equal(printed, wanted) {
			problems = append(problems, fmt.Sprintf("the versions hold what the requests %v printed, want %v", printed, wanted))
		}
		return problems
	}
	return u
}

// presser sets the strategy of an errand to now; it always succeeds or always fails.
func presser(c connection, namespace, name string, succeeds bool) *user {
	script := "exit 3"
	if succeeds {
		script = `N=$(hostname); ` + prints
	}
	b := ejob.Shell(namespace, name, script).Output(name).Strategy(fissilev1.StrategyManual)
	if !succeeds {
		b.HistoryLimits(0, 0)
		b.Obj().Spec.JobTemplate.Spec.BackoffLimit = new(int32(0))
	}
	u := &user{connection: c, ej: b.Obj(), most: mostPresses, fails: !succeeds}
	u.ask = func(ctx context.Context, _ int64) error {
		return u.change(ctx, func(ej *fissilev1.ExtendedJob) { ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
	}
	u.served = func(_ context.Context, ej *fissilev1.ExtendedJob, _ int64) (bool, error) {
		return ej.Spec.Trigger.Strategy == fissilev1.StrategyManual && ptr.Deref(ej.Status.SettledRun, 0) == ptr.Deref(ej.Status.Runs, 0), nil
	}
	u.check = func(_ context.Context, ej *fissilev1.ExtendedJob, triggers int64) []string {
		return u.count(ej, triggers)
	}
	return u
}

// configurer changes a ConfigMap that a one-off uses. Each change must cause a run,
// unless another one follows.
func configurer(c connection, namespace, name string) *user {
	u := &user{connection: c, most: mostChanges, ej: ejob.Shell(namespace, name, prints).Output(name).Versioned().
		Strategy(fissilev1.StrategyOnce).UpdateOnConfigChange().ReadsConfigMap(name).Obj()}
	u.ask = func(ctx context.Context, n int64) error {
		settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: map[string]string{"N": strconv.FormatInt(n, 10)}}
		err := c.Update(ctx, settings)
		if apierrors.IsNotFound(err) {
			err = c.Create(ctx, settings)
		}
		return err
	}
	u.served = func(ctx context.Context, _ *fissilev1.ExtendedJob, n int64) (bool, error) {
		printed, err := u.versions(ctx)
		return len(printed) > 0 && printed[len(printed)-1] == n || slices.Contains(u.lost, n), err
	}
	u.check = func(ctx context.Context, ej *fissilev1.ExtendedJob, triggers int64) []string {
		problems := u.count(ej, triggers)
		printed, err := u.versions(ctx)
		if err != nil {
			return append(problems, err.Error())
		}
		for i := 1; i < len(printed); i++ {
			if printed[i] <= printed[i-1] {
				problems = append(problems, fmt.Sprintf("version %d holds change %d, and the version before %d", i+1, printed[i], printed[i-1]))
			}
		}
		return problems
	}
	return u
}

// work triggers runs until faulty ends or the maximum is reached, and waits for the
// last trigger until ended does.
func (u *user) work(faulty, ended context.Context) {
	if !u.until(ended, "create", func() (bool, error) {
		err := u.Create(ended, u.ej.DeepCopy())
		return err == nil || apierrors.IsAlreadyExists(err), err
	}) {
		return
	}
	for faulty.Err() == nil && (u.most == 0 || u.triggers < u.most) {
		u.triggers++
		begin := time.Now()
		done := u.until(ended, "ask", func() (bool, error) {
			err := u.ask(ended, u.triggers)
			return err == nil, err
		}) && u.until(ended, "wait", func() (bool, error) {
			ej, err := u.read(ended)
			if err != nil {
				return false, err
			}
			if err := u.replaceAbandoned(ended, ej); err != nil {
				return false, err
			}
			if err := u.examine(ended, ej); err != nil {
				return false, err
			}
			return u.served(ended, ej, u.triggers)
		})
		took := time.Since(begin)
		if took > slow {
			log.Printf("%s: trigger %d took %.1f s", u.ej.Name, u.triggers, took.Seconds())
		}
		u.longest = max(u.longest, took)
		if !done {
			return
		}
	}
}

// until retries until something succeeds, whatever fails in the meantime.
func (u *user) until(ctx context.Context, what string, do func() (done bool, err error)) bool {
	var last error
	err := wait.PollUntilContextCancel(ctx, interval, true, func(context.Context) (bool, error) {
		done, err := do()
		if err != nil {
			last = err
		}
		return done, nil
	})
	if err != nil {
		log.Printf("%s: %s %d: not done: %v", u.ej.Name, what, u.triggers, last)
		u.stuck = true
	}
	return err == nil
}

func (u *user) read(ctx context.Context) (*fissilev1.ExtendedJob, error) {
	ej := &fissilev1.ExtendedJob{}
	return ej, u.Get(ctx, client.ObjectKeyFromObject(u.ej), ej)
}

// change changes the ExtendedJob in a way that can be retried.
func (u *user) change(ctx context.Context, mutate func(*fissilev1.ExtendedJob)) error {
	ej, err := u.read(ctx)
	if err != nil {
		return err
	}
	before := ej.DeepCopy()
	mutate(ej)
	return u.Patch(ctx, ej, client.MergeFrom(before))
}

// versions returns the contents of the versions of the output, oldest first.
func (u *user) versions(ctx context.Context) ([]int64, error) {
	var printed []int64
	for version := 1; ; version++ {
		secret := &corev1.Secret{}
		err := u.Get(ctx, client.ObjectKey{Namespace: u.ej.Namespace, Name: fmt.Sprintf("%s-main-v%d", u.ej.Name, version)}, secret)
		if apierrors.IsNotFound(err) {
			return printed, nil
		}
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseInt(string(secret.Data["n"]), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("version %d: %w", version, err)
		}
		printed = append(printed, n)
	}
}

// judge returns the final status of the ExtendedJob, and what is wrong.
func (u *user) judge(ctx context.Context) (status fissilev1.ExtendedJobStatus, problems []string) {
	ej, err := u.read(ctx)
	if err != nil {
		return status, []string{err.Error()}
	}
	if u.stuck {
		problems = append(problems, fmt.Sprintf("trigger %d was not served within %s", u.triggers, patience))
	}
	problems = append(problems, u.problems...)
	return ej.Status, append(problems, u.check(ctx, ej, u.triggers)...)
}

// count compares the ExtendedJob's counters with what they should be.
func (u *user) count(ej *fissilev1.ExtendedJob, triggers int64) []string {
	failed := int64(len(u.lost))
	if u.fails {
		failed = triggers
	}
	var problems []string
	for _, counter := range []struct {
		name   string
		got    *int64
		wanted int64
	}{{"runs", ej.Status.Runs, triggers}, {"succeeded", ej.Status.Succeeded, triggers - failed}, {"failed", ej.Status.Failed, failed}} {
		if got := ptr.Deref(counter.got, 0); got != counter.wanted {
			problems = append(problems, fmt.Sprintf("status.%s is %d, want %d", counter.name, got, counter.wanted))
		}
	}
	return problems
}

// leftBehind returns what should no longer be in the namespace once the garbage
// collector has finished.
func leftBehind(ctx context.Context, c client.Client, namespace string, users []*user) (problem string) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	look := func(ctx context.Context) string {
		var jobs batchv1.JobList
		var pods corev1.PodList
		var secrets corev1.SecretList
		for _, list := range []client.ObjectList{&jobs, &pods, &secrets} {
			if err := c.List(ctx, list, client.InNamespace(namespace)); err != nil {
				return err.Error()
			}
		}
		var wanted int64
		for _, u := range users {
			wanted += u.secrets(ctx)
		}
		if len(jobs.Items) > 0 || len(pods.Items) > 0 || int64(len(secrets.Items)) != wanted {
			return fmt.Sprintf("%d Jobs, %d pods and %d Secrets are there, and %d Secrets should be", len(jobs.Items), len(pods.Items), len(secrets.Items), wanted)
		}
		return ""
	}
	problem = "what is there could not be counted"
	_ = wait.PollUntilContextCancel(ctx, interval, true, func(ctx context.Context) (bool, error) {
		if found := look(ctx); ctx.Err() == nil { // otherwise it has not seen all
			problem = found
		}
		return problem == "", nil
	})
	return problem
}

// secrets returns the expected number of Secrets of the ExtendedJob.
func (u *user) secrets(ctx context.Context) int64 {
	if output := u.ej.Spec.Output; len(output.Files) > 0 || ptr.Deref(output.Versioned, false) {
		printed, err := u.versions(ctx)
		if err != nil {
			return -1
		}
		return int64(len(printed))
	}
	ej, err := u.read(ctx)
	if err != nil {
		return -1
	}
	return int64(len(ej.Status.Outputs))
}

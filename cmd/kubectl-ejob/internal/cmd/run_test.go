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

package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
)

// result is how a command ended.
type result struct {
	code        int
	out, errOut string
}

// ejob runs the plugin on a cluster.
func ejob(ctx context.Context, server *apiServer, arguments ...string) result {
	return plugin(ctx, append(arguments, server.flags()...)...)
}

// plugin runs the plugin.
func plugin(ctx context.Context, arguments ...string) result {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var in, out, errOut bytes.Buffer
	command := NewRootCommand(genericiooptions.IOStreams{In: &in, Out: &out, ErrOut: &errOut})
	command.SetArgs(arguments)
	code := cli.Report(&errOut, command.ExecuteContext(ctx))
	return result{code, out.String(), errOut.String()}
}

// claim starts a run, as the operator does.
func claim(ej *fissilev1.ExtendedJob) {
	number := int64(1)
	if ej.Status.LastRun != nil {
		number = ej.Status.LastRun.Number + 1
		ej.Status.History = append([]fissilev1.FinishedRun{{
			Number: number - 1, Result: ej.Status.LastRun.Result, JobName: ej.Status.LastRun.JobName,
		}}, ej.Status.History...)
	}
	ej.Status.Due = nil
	ej.Status.LastRun = &fissilev1.Run{Number: number, Cause: fissilev1.CauseNow, RequestID: ej.Spec.Trigger.RequestID, JobName: ej.Name + "-job"}
}

// settle ends the run, as the operator does.
func settle(result fissilev1.RunResult) func(ej *fissilev1.ExtendedJob) {
	return func(ej *fissilev1.ExtendedJob) {
		ej.Spec.Trigger.Strategy = fissilev1.StrategyManual
		ej.Status.LastRun.Result = result
		ej.Status.ServedRequestID = ej.Spec.Trigger.RequestID
	}
}

// operator runs what is asked for, with one result after the other.
func operator(server *apiServer, results ...fissilev1.RunResult) {
	server.operate = func(*fissilev1.ExtendedJob) {
		next := results[0]
		results = results[1:]
		go func() {
			server.update(claim)
			server.update(settle(next))
		}()
	}
}

func TestRunEndsWithTheResultOfTheRun(t *testing.T) {
	for name, test := range map[string]struct {
		result fissilev1.RunResult
		code   int
		says   string
	}{
		"succeeded": {fissilev1.ResultSucceeded, 0, "Run 1 succeeded."},
		"failed":    {fissilev1.ResultFailed, 7, "Run 1 failed."},
		"cancelled": {fissilev1.ResultCancelled, 125, "Run 1 cancelled."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newAPIServer(t, fissilev1.StrategyManual)
			operator(server, test.result)
			got := ejob(t.Context(), server, "run", "errand", "--wait")
			if got.code != test.code || !strings.Contains(got.out, test.says) || got.errOut != "" {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestOfTwoWhoAskAtOnceEachIsToldOfHisOwnRun(t *testing.T) {
	server := newAPIServer(t, fissilev1.StrategyManual)
	operator(server, fissilev1.ResultFailed, fissilev1.ResultSucceeded)
	var wg sync.WaitGroup
	results := make([]result, 2)
	for i := range results {
		wg.Go(func() { results[i] = ejob(t.Context(), server, "run", "errand", "--wait", "--queue") })
	}
	wg.Wait()
	first, second := results[0], results[1]
	if first.code == 0 {
		first, second = second, first
	}
	if first.code != 7 || !strings.Contains(first.out, "Run 1 failed.") || second.code != 0 || !strings.Contains(second.out, "Run 2 succeeded.") {
		t.Errorf("%+v", results)
	}
}

func TestARunThatIsUnderWayIsNotTakenForOnesOwn(t *testing.T) {
	server := newAPIServer(t, fissilev1.StrategyNow)
	got := ejob(t.Context(), server, "run", "errand", "--wait")
	if got.code != 125 || !strings.Contains(got.errOut, "a run of errand is under way: add --queue") {
		t.Errorf("%+v", got)
	}
}

func TestWhatSomebodyElseDoesAtTheSameMomentIsSeen(t *testing.T) {
	for name, test := range map[string]struct {
		first func(ej *fissilev1.ExtendedJob)
		code  int
		says  string
	}{
		"an edit": {
			func(ej *fissilev1.ExtendedJob) { ej.Labels = map[string]string{"a": "b"} }, 0, "Run 1 succeeded.",
		},
		"a request": {
			func(ej *fissilev1.ExtendedJob) { ej.Spec.Trigger.Strategy = fissilev1.StrategyNow }, 125, "a run of errand is under way",
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := newAPIServer(t, fissilev1.StrategyManual)
			operator(server, fissilev1.ResultSucceeded)
			server.first = test.first
			got := ejob(t.Context(), server, "run", "errand", "--wait")
			if got.code != test.code || !strings.Contains(got.out+got.errOut, test.says) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestAPipelineThatIsRepeatedGetsTheSameResult(t *testing.T) {
	server := newAPIServer(t, fissilev1.StrategyManual)
	operator(server, fissilev1.ResultFailed)
	for range 2 {
		got := ejob(t.Context(), server, "run", "errand", "--request-id=a", "--wait")
		if got.code != 7 || !strings.Contains(got.out, "Run 1 failed.") {
			t.Errorf("%+v", got)
		}
	}
}

func TestRunPrintsTheRunAsData(t *testing.T) {
	server := newAPIServer(t, fissilev1.StrategyManual)
	operator(server, fissilev1.ResultFailed)
	got := ejob(t.Context(), server, "run", "errand", "--wait", "--output=json")
	var report map[string]any
	if err := json.Unmarshal([]byte(got.out), &report); err != nil || report["run"] != 1.0 || report["result"] != "Failed" || report["exitCode"] != 7.0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRunWithoutWaitReturnsWhenTheRunHasStarted(t *testing.T) {
	server := newAPIServer(t, fissilev1.StrategyManual)
	server.operate = func(*fissilev1.ExtendedJob) {
		go server.update(claim)
	}
	if got := ejob(t.Context(), server, "run", "errand"); got.code != 0 || got.out != "Run 1: Job errand-job.\n" {
		t.Errorf("%+v", got)
	}
}

func TestTheEndOfTheCommandIsNotThatOfTheRun(t *testing.T) {
	interrupted, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	for name, test := range map[string]struct {
		ctx       context.Context //nolint:containedctx // It is the case.
		arguments []string
		code      int
	}{
		"timeout": {t.Context(), []string{"--timeout=300ms"}, 124},
		"Ctrl-C":  {interrupted, nil, 130},
	} {
		t.Run(name, func(t *testing.T) {
			server := newAPIServer(t, fissilev1.StrategyManual)
			server.operate = func(*fissilev1.ExtendedJob) {
				go func() {
					server.update(claim)
					if test.ctx == interrupted {
						interrupt()
					}
				}()
			}
			got := ejob(test.ctx, server, append([]string{"run", "errand", "--wait"}, test.arguments...)...)
			ej, _ := server.read()
			if got.code != test.code || !strings.Contains(got.errOut, "The run goes on; to cancel it: kubectl ejob cancel errand --namespace=default") ||
				ej.Spec.Trigger.Strategy != fissilev1.StrategyNow {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestATurnThatDoesNotComeInTimeStartsNothing(t *testing.T) {
	server := newAPIServer(t, fissilev1.StrategyManual)
	server.update(claim)
	got := ejob(t.Context(), server, "run", "errand", "--queue", "--timeout=100ms")
	ej, _ := server.read()
	if got.code != 124 || !strings.Contains(got.errOut, "No run was requested.") || ej.Spec.Trigger.Strategy != fissilev1.StrategyManual {
		t.Errorf("%+v", got)
	}
}

func TestARunThatCannotStartIsSaidWithTheCure(t *testing.T) {
	server := newAPIServer(t, fissilev1.StrategyManual)
	server.operate = func(*fissilev1.ExtendedJob) {
		go server.update(func(ej *fissilev1.ExtendedJob) {
			ej.Status.Due = &fissilev1.DueRun{Cause: fissilev1.CauseNow, Reason: fissilev1.ReasonReferencesMissing, Message: "Missing: ConfigMap a."}
		})
	}
	got := ejob(t.Context(), server, "run", "errand")
	if got.code != 125 || !strings.Contains(got.errOut, "cannot start: Missing: ConfigMap a.") || !strings.Contains(got.errOut, "kubectl ejob cancel errand") {
		t.Errorf("%+v", got)
	}
}

func TestBadInputIsSaidInOneSentenceWithTheCure(t *testing.T) {
	suspended := func(server *apiServer) {
		server.update(func(ej *fissilev1.ExtendedJob) { ej.Spec.Suspend = new(true) })
	}
	forbidden := func(right string) func(*apiServer) {
		return func(server *apiServer) { server.forbidden = right }
	}
	noCRD := func(server *apiServer) {
		server.answer = status(404, metav1.StatusReasonNotFound, "the server could not find the requested resource", "")
	}
	for name, test := range map[string]struct {
		arguments string
		given     func(*apiServer)
		says      string
	}{
		"a name like another":        {"run erand", nil, "ExtendedJob erand does not exist in namespace default: did you mean errand?"},
		"a name like no other":       {"logs migrate", nil, "ExtendedJob migrate does not exist in namespace default: choose one of errand"},
		"no name":                    {"run", nil, "name the ExtendedJob: kubectl ejob run NAME"},
		"two names":                  {"status a b", nil, "name only one ExtendedJob"},
		"suspended":                  {"run errand", suspended, "errand is suspended: resume it with kubectl ejob resume errand --namespace=default"},
		"no CRD":                     {"run errand", noCRD, "the cluster does not serve ExtendedJobs: install the operator"},
		"no right to patch":          {"run errand", forbidden("patch extendedjobs"), "you may not patch extendedjobs in namespace default: ask for the ClusterRole extendedjob-runner-role"},
		"no right to read logs":      {"run errand --logs", forbidden("get pods/log"), "you may not get pods/log in namespace default"},
		"a variable without a value": {"run errand --env=A", nil, "--env=A is not a variable: write NAME=VALUE"},
		"a variable twice":           {"run errand --env=A=1 --env=A=2", nil, "--env sets A twice"},
		"an unknown format":          {"run errand -o table", nil, "choose one of json, yaml, name, wide"},
		"nothing to cancel":          {"cancel errand", nil, "no run of errand is due or under way: there is nothing to cancel"},
		"no run yet":                 {"logs errand", nil, "errand has not run yet: run it with kubectl ejob run errand"},
		"no output":                  {"output errand", nil, "errand stores no output: set spec.output"},
		"nobody to suspend":          {"suspend", nil, "name ExtendedJobs, or choose them with --selector or --all-namespaces"},
		"an unknown command":         {"statsu errand", nil, `unknown command "statsu"`},
	} {
		t.Run(name, func(t *testing.T) {
			server := newAPIServer(t, fissilev1.StrategyManual)
			if test.given != nil {
				test.given(server)
			}
			got := ejob(t.Context(), server, strings.Fields(test.arguments)...)
			ej, _ := server.read()
			if got.code != 125 || !strings.Contains(got.errOut, test.says) || got.out != "" || ej.Spec.Trigger.Strategy != fissilev1.StrategyManual {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestSuspendAndResume(t *testing.T) {
	server := newAPIServer(t, fissilev1.StrategyManual)
	for _, test := range []struct {
		arguments, says string
		suspended       bool
	}{
		{"suspend errand", "extendedjob.fissile.cloudfoundry.org/errand suspended\n", true},
		{"suspend --selector=a=b", "extendedjob.fissile.cloudfoundry.org/errand already suspended\n", true},
		{"resume --all-namespaces", "default extendedjob.fissile.cloudfoundry.org/errand resumed\n", false},
	} {
		got := ejob(t.Context(), server, strings.Fields(test.arguments)...)
		ej, _ := server.read()
		if got.code != 0 || got.out != test.says || ptr.Deref(ej.Spec.Suspend, false) != test.suspended {
			t.Errorf("%s: %+v", test.arguments, got)
		}
	}
}

func TestNamesAreCompleted(t *testing.T) {
	server := newAPIServer(t, fissilev1.StrategyManual)
	got := plugin(t.Context(), append(append([]string{"__complete"}, server.flags()...), "run", "")...)
	if !strings.HasPrefix(got.out, "errand\n") {
		t.Errorf("%+v", got)
	}
}

func TestAnOutputIsChosen(t *testing.T) {
	ej := &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Name: "errand"}}
	ej.Spec.Output = &fissilev1.Output{Files: []fissilev1.OutputFile{
		{Container: "main", Path: "tls.json", SecretName: "tls"},
		{Container: "main", Path: "links.json", SecretName: "link", Layout: fissilev1.LayoutSecretPerKey},
	}}
	ej.Status.Outputs = []fissilev1.OutputSecret{
		{Container: "json", SecretName: "out-json-v3", Version: 3},
		{Container: "main", SecretName: "tls"},
		{Container: "main", SecretName: "link-a"},
	}
	for of, want := range map[string]struct{ secret, says string }{
		"json":        {secret: "out-json-v3"},
		"out-json":    {secret: "out-json-v3"},
		"tls.json":    {secret: "tls"},
		"links.json":  {secret: "link-a"},
		"main":        {says: "several outputs: choose one of out-json, tls, link-a"},
		"":            {says: "several outputs: choose one of out-json, tls, link-a"},
		"nothing.txt": {says: "no output nothing.txt: choose one of out-json, tls, link-a"},
	} {
		stored, err := choose(ej, of)
		if want.says != "" && (err == nil || !strings.Contains(err.Error(), want.says)) ||
			want.secret != "" && (err != nil || stored.SecretName != want.secret) {
			t.Errorf("%q: %v, %v", of, stored, err)
		}
	}
}

func TestValuesAreQuotedForAShell(t *testing.T) {
	var out bytes.Buffer
	if err := printEnv(&out, map[string][]byte{"B": []byte("it's\n$x"), "A": nil}); err != nil || out.String() != "A=''\nB='it'\\''s\n$x'\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
	if err := printEnv(&out, map[string][]byte{"a.b": nil}); err == nil {
		t.Error("a.b is no variable")
	}
}

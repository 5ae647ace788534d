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

// Command scale measures what the operator costs a cluster with a real API server
// and simulated nodes. It compares the operator with a bare client that does the
// same work by hand in the same minutes. See make bench.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
)

// options are the flags of the command line.
type options struct {
	repository string
	file       string
	size       string
	only       string
	results    string
	report     string
	profiles   string
}

func main() {
	var o options
	flag.StringVar(&o.repository, "repository", ".", "Root of the repository, whose bin has the programs that make bench builds.")
	flag.StringVar(&o.file, "scenarios", "", "File with scenarios to run instead of the built-in ones.")
	flag.StringVar(&o.size, "size", "full", "Size of the scenarios: full or smoke.")
	flag.StringVar(&o.only, "only", "", "Letters of the scenarios to run, separated by commas. Default: all. \"none\" runs none.")
	flag.StringVar(&o.results, "results", "bin/bench/results", "Directory for results. The report covers all results in it.")
	flag.StringVar(&o.report, "report", "", "Markdown file to write the report to. Default: no report.")
	flag.StringVar(&o.profiles, "profiles", "", "Directory for profiles of the manager and the API server. Default: no profiles.")
	flag.Parse()

	ctrl.SetLogger(logr.Discard()) // envtest and client-go log nothing that the error of a failed step lacks
	klog.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run runs the scenarios. It returns an error if one could not be run or if a count
// is wrong, but never because of a duration.
func run(ctx context.Context, o options) error {
	scenarios, err := loadScenarios(o.file)
	if err != nil {
		return err
	}
	b := &bench{options: o, started: time.Now()}
	defer func() { b.leave() }()
	var failures []error
	for _, s := range scenarios {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), s.Letter) {
			b.leave()
			continue
		}
		if ctx.Err() != nil {
			return errors.Join(append(failures, ctx.Err())...)
		}
		result, err := b.run(ctx, s)
		if err != nil { // the report still covers the others
			failures = append(failures, fmt.Errorf("scenario %s: %w", s.Letter, err))
			b.leave()
			continue
		}
		if err := result.save(filepath.Join(o.results, o.size)); err != nil {
			return err
		}
		failures = append(failures, result.failures()...)
	}
	if o.report != "" {
		if err := writeReport(o, scenarios); err != nil {
			return err
		}
	}
	return errors.Join(failures...)
}

// run runs one scenario.
func (b *bench) run(ctx context.Context, s *scenario) (*result, error) {
	b.scenario, b.parameters, b.result = s, s.Full, newResult(b.options, s)
	if b.size == "smoke" {
		b.parameters = s.Smoke
	}
	b.progress("%s: %s", s.Letter, s.Title)
	before := sampleCPU()
	if b.cluster == nil || !s.Continues {
		if err := b.enter(ctx, s.Components); err != nil {
			return nil, err
		}
	}
	if err := bodies[s.Letter](ctx, b); err != nil {
		return nil, errors.Join(err, b.diagnosis())
	}
	b.stopFrom(b.own)
	b.result.Took = time.Since(b.result.Started)
	b.result.Others = sampleCPU().othersSince(before)
	for _, check := range b.result.Checks {
		b.progress("%s: %s", s.Letter, check)
	}
	return b.result, nil
}

// bench runs scenarios one after the other.
type bench struct {
	options
	started time.Time
	// These belong to the current scenario.
	*cluster
	scenario   *scenario
	parameters parameters
	result     *result
}

// enter replaces the current cluster with a new one.
func (b *bench) enter(ctx context.Context, components []string) error {
	b.leave()
	var err error
	if b.cluster, err = startCluster(ctx, b.options.repository, components); err != nil {
		return errors.Join(err, b.diagnosis())
	}
	return nil
}

// leave stops the cluster, if there is one.
func (b *bench) leave() {
	if b.cluster != nil {
		b.stop()
		b.cluster = nil
	}
}

// progress prints a line with the time since the start.
func (b *bench) progress(format string, arguments ...any) {
	fmt.Fprintf(os.Stdout, "%7.1fs  %s\n", time.Since(b.started).Seconds(), fmt.Sprintf(format, arguments...))
}

// bodies has the function of each scenario, by its letter.
var bodies = map[string]func(context.Context, *bench) error{
	"a": single,
	"b": throughput,
	"c": errands,
	"d": sharedInput,
	"e": memory,
	"f": restart,
	"g": chaos,
	"h": neighbours,
	"i": quota,
	"j": versions,
}

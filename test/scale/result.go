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
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// result is what the report says about a scenario.
type result struct {
	Letter string
	Size   string
	// Commit is the commit that was measured.
	Commit     string
	Parameters parameters
	Started    time.Time
	Took       time.Duration
	// Others is the share of the machine that other processes used.
	Others float64
	Checks []check
	Tables []table
	Plots  []plotData
	Notes  []string
	// Rest has the measurements of scenario f. The first one is without any
	// ExtendedJob.
	Rest []restFigures `json:",omitempty"`
}

// check compares a measured value with its target.
type check struct {
	What string
	Got  float64
	// Most is the upper limit and Least the lower one. Exact counts have both.
	Most, Least *float64 `json:",omitempty"`
	// Count marks a number that does not depend on the machine. Only such checks can
	// fail the bench.
	Count bool
}

type table struct {
	Caption string
	Header  []string
	Rows    [][]string
}

func newResult(o options, s *scenario) *result {
	parameters := s.Full
	if o.size == "smoke" {
		parameters = s.Smoke
	}
	return &result{Letter: s.Letter, Size: o.size, Commit: commit(o.repository), Parameters: parameters, Started: time.Now()}
}

// commit returns the commit that is checked out, with a plus if files have changed.
func commit(repository string) string {
	head, err := exec.Command("git", "-C", repository, "log", "-1", "--format=%h").Output()
	if err != nil {
		return "unknown"
	}
	changes, _ := exec.Command("git", "-C", repository, "status", "--porcelain", "--untracked-files=no").Output() // none if git fails
	if len(changes) > 0 {
		return strings.TrimSpace(string(head)) + "+"
	}
	return strings.TrimSpace(string(head))
}

func (c check) ok() bool {
	return (c.Most == nil || c.Got <= *c.Most) && (c.Least == nil || c.Got >= *c.Least)
}

// target returns the target as text.
func (c check) target() string {
	switch {
	case c.Most != nil && c.Least != nil:
		return fmt.Sprintf("%.4g", *c.Most)
	case c.Most != nil:
		return fmt.Sprintf("≤ %.4g", *c.Most)
	default:
		return fmt.Sprintf("≥ %.4g", *c.Least)
	}
}

// verdict returns whether the target is met, or by how much it is missed, as text.
func (c check) verdict() string {
	switch {
	case c.ok():
		return "met"
	case c.Most != nil && c.Got > *c.Most:
		return fmt.Sprintf("missed by %.4g", c.Got-*c.Most)
	default:
		return fmt.Sprintf("missed by %.4g", *c.Least-c.Got)
	}
}

func (c check) String() string {
	return fmt.Sprintf("%s: %.4g (%s): %s", c.What, c.Got, c.target(), c.verdict())
}

// exactly adds a check that a count is exactly what is wanted.
func (b *bench) exactly(what string, got, want int) {
	limit := float64(want)
	b.result.Checks = append(b.result.Checks, check{What: what, Got: float64(got), Most: &limit, Least: &limit, Count: true})
}

// atMost adds a check that a value does not exceed a target of the scenario. A
// count that exceeds it fails the bench.
func (b *bench) atMost(target string, got float64, count bool) {
	limit := b.scenario.Targets[target]
	b.result.Checks = append(b.result.Checks, check{What: target, Got: got, Most: &limit, Count: count})
}

// atLeast adds a check that a value, which depends on the machine, reaches a target
// of the scenario.
func (b *bench) atLeast(target string, got float64) {
	limit := b.scenario.Targets[target]
	b.result.Checks = append(b.result.Checks, check{What: target, Got: got, Least: &limit})
}

func (b *bench) addTable(caption string, header []string, rows ...[]string) {
	b.result.Tables = append(b.result.Tables, table{caption, header, rows})
}

func (b *bench) note(format string, arguments ...any) {
	b.result.Notes = append(b.result.Notes, fmt.Sprintf(format, arguments...))
}

// failures returns an error for each count that misses its target.
func (r *result) failures() []error {
	var errs []error
	for _, c := range r.Checks {
		if c.Count && !c.ok() {
			errs = append(errs, errors.New(r.Letter+": "+c.String()))
		}
	}
	return errs
}

// save stores the result for later reports.
func (r *result) save(directory string) error {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, r.Letter+".json"), data, 0o600)
}

// loadResult returns a stored result, or nil if there is none.
func loadResult(directory, letter string) (*result, error) {
	data, err := os.ReadFile(filepath.Join(directory, letter+".json"))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &result{}
	return r, json.Unmarshal(data, r)
}

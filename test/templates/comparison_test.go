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

package templates

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exceptions are the ways in which an ExtendedJob differs from a Job, as listed in the
// user guide. Each has an example in testdata/classes.yaml.
var exceptions = map[string]func(way, verdict, verdict) bool{
	"selector": func(_ way, job, ej verdict) bool {
		return job.accepted && len(ej.causes) > 0 && !slices.ContainsFunc(ej.causes, func(field string) bool {
			return field != "spec.jobTemplate.spec.selector" && field != "spec.jobTemplate.spec.manualSelector"
		})
	},
	"label of the Job": func(_ way, job, ej verdict) bool {
		return job.accepted && len(ej.causes) > 0 && !slices.ContainsFunc(ej.causes, func(field string) bool {
			return !strings.HasSuffix(field, "spec.template.metadata.labels") && !strings.HasSuffix(field, "spec.template.metadata.labels[job-name]")
		})
	},
	"repeated items": func(way way, job, ej verdict) bool {
		return way == apply && ej.accepted && stricterApply.MatchString(job.message)
	},
	"number beyond its type": func(way way, job, ej verdict) bool {
		return way == apply && job.accepted && strings.Contains(ej.message, "must be of type integer")
	},
	"empty list": func(_ way, job, ej verdict) bool {
		return ej.accepted && len(job.causes) > 0 && strings.Contains(job.message, "Forbidden: ")
	},
	"large exponent": func(_ way, job, ej verdict) bool {
		return job.accepted && largeExponent.MatchString(ej.message) && strings.Contains(ej.message, "in body should match '^ *(")
	},
	"integer with a fraction": func(_ way, job, ej verdict) bool {
		return strings.Contains(job.message, "cannot unmarshal number") && ej.accepted
	},
	"long name": func(_ way, job, ej verdict) bool {
		return slices.Equal(job.causes, []string{"metadata.name"}) && ej.accepted
	},
}

// stricterApply matches what server-side apply reports about the lists of a Job that
// are merged by a key, and about its managed fields.
var stricterApply = regexp.MustCompile(`duplicate entries for key|may not have a null element|an explicit null|fieldsV1: expected map`)

var largeExponent = regexp.MustCompile(`[eE][+-]?[0-9]{4,}`)

// comparison counts the verdicts on ExtendedJobs of a version and on Jobs.
type comparison struct {
	mu                                      sync.Mutex
	asked, equal, accepted, warned, sameJob int
	excepted                                map[string]int
	differences                             []string
}

func (c *comparison) add(m manifest, way way, job verdict, difference, exception string, sameJob bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	if job.accepted {
		c.accepted++
	}
	if len(job.warnings) > 0 {
		c.warned++
	}
	if sameJob {
		c.sameJob++
	}
	switch {
	case difference == "":
		c.equal++
	case exception != "":
		c.excepted[exception]++
	default:
		c.differences = append(c.differences, fmt.Sprintf("%s (%s): %s\ntemplate: %s", m.name, way, difference, encode(m.template)))
	}
}

func (c *comparison) report(t *testing.T, version kind) {
	t.Helper()
	t.Logf("%s: %d of %d verdicts are equal, and %v are exceptions; a Job is accepted in %d, with warnings in %d; the run's Job is a plain one in %d",
		version, c.equal, c.asked, c.excepted, c.accepted, c.warned, c.sameJob)
	slices.Sort(c.differences)
	for _, difference := range c.differences {
		t.Errorf("%s: %s", version, difference)
	}
}

// compare compares the verdicts on ExtendedJobs of both versions and on Jobs with the
// same templates.
func compare(t *testing.T, all []manifest, ways func(manifest) []way) map[kind]*comparison {
	t.Helper()
	comparisons := map[kind]*comparison{v1: {excepted: map[string]int{}}, v1alpha1: {excepted: map[string]int{}}}
	work := make(chan manifest)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for m := range work {
				for _, way := range ways(m) {
					if err := server.compare(t.Context(), m, way, comparisons); err != nil {
						t.Errorf("%s (%s): %v", m.name, way, err)
					}
				}
			}
		})
	}
	for _, m := range all {
		work <- m
	}
	close(work)
	workers.Wait()
	for _, version := range []kind{v1, v1alpha1} {
		comparisons[version].report(t, version)
	}
	return comparisons
}

func (w *world) compare(ctx context.Context, m manifest, way way, comparisons map[kind]*comparison) error {
	plain, err := w.dryRun(ctx, job, way, m.objectName, m.object(job))
	if err != nil {
		return err
	}
	for _, version := range []kind{v1, v1alpha1} {
		if version == v1alpha1 && !m.isPod() {
			continue
		}
		ej, err := w.dryRun(ctx, version, way, m.objectName, m.object(version))
		if err != nil {
			return err
		}
		difference := differ(m, version, way, plain, ej)
		sameJob := difference == "" && plain.accepted && version == v1 && way == strict
		if sameJob {
			if difference, err = w.differOfRun(ctx, m, plain, ej); err != nil {
				return err
			}
			sameJob = difference == ""
		}
		comparisons[version].add(m, way, plain, difference, exceptionOf(m, way, plain, ej), sameJob)
	}
	return nil
}

// exceptionOf returns the exception that explains a difference, if the manifest may be
// an example of it; a generated one may be an example of any.
func exceptionOf(m manifest, way way, job, ej verdict) string {
	for name, is := range exceptions {
		if (m.except == name || m.generated) && is(way, job, ej) {
			return name
		}
	}
	return ""
}

// differ describes how an ExtendedJob differs from a Job, if it does.
func differ(m manifest, version kind, way way, job, ej verdict) string {
	if ej.accepted != job.accepted {
		return fmt.Sprintf("the Job is accepted: %t (%s), the ExtendedJob: %t (%s)", job.accepted, job.message, ej.accepted, ej.message)
	}
	if !ej.accepted {
		return ""
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(job.warnings)), jobWarnings(ej)); diff != "" {
		return "warnings (-Job +ExtendedJob): " + diff
	}
	written := m.written(version)
	if way != strict {
		written = withoutUnknown(written)
	}
	if diff := cmp.Diff(plainJSON(written), plainJSON(stored(version, ej.object))); diff != "" {
		return "it is stored differently (-written +stored): " + diff
	}
	return ""
}

// jobWarnings returns an ExtendedJob's warnings with the paths of a Job, sorted.
func jobWarnings(ej verdict) []string {
	var warnings []string
	for _, warning := range ej.warnings {
		if !strings.HasPrefix(warning, "metadata.name is long") { // that is the operator's own
			warnings = append(warnings, strings.ReplaceAll(warning, "spec.jobTemplate.", ""))
		}
	}
	slices.Sort(warnings)
	return warnings
}

// withoutUnknown returns what is stored of a template if the client is not strict.
// Server-side apply is not strict where a type has no fields.
func withoutUnknown(value any) any {
	switch value := clone(value).(type) {
	case map[string]any:
		delete(value, unknownField)
		for key, v := range value {
			if key != "fieldsV1" { // which allows every field
				value[key] = withoutUnknown(v)
			}
		}
		return value
	case []any:
		for i, v := range value {
			value[i] = withoutUnknown(v)
		}
		return value
	default:
		return value
	}
}

// plainJSON returns JSON in which equal numbers are written alike.
func plainJSON(value any) any {
	var plain any
	if err := json.Unmarshal(encode(value), &plain); err != nil {
		panic(err)
	}
	return plain
}

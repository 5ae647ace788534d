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
	"fmt"
	"io"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/runs"
)

// printReport prints a run as --output asks for; nothing without it.
func printReport(out io.Writer, format *cli.Format, report *runs.Report) error {
	switch {
	case format.Is(cli.FormatJSON, cli.FormatYAML):
		return format.PrintData(out, report)
	case format.Is(cli.FormatName):
		_, err := fmt.Fprintf(out, "job.batch/%s\n", report.Job)
		return err
	case format.Is(cli.FormatWide):
		return printRuns(out, []runs.Report{*report}, true)
	default:
		return nil
	}
}

// printRuns prints a table of runs.
func printRuns(out io.Writer, reports []runs.Report, wide bool) error {
	table := printers.GetNewTabWriter(out)
	header := "RUN\tCAUSE\tRESULT\tREASON\tSTARTED\tDURATION"
	if wide {
		header += "\tREQUEST\tJOB\tOUTPUT"
	}
	fmt.Fprintln(table, header)
	for i := range reports {
		r := &reports[i]
		row := []string{fmt.Sprint(r.Run), string(r.Cause), or(string(r.Result)), or(r.Reason), age(r.StartTime), took(r.DurationSeconds)}
		if wide {
			row = append(row, or(r.RequestID), or(r.Job), or(strings.Join(r.Secrets, ",")))
		}
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

func or(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// age returns how long ago a time was, in kubectl's format.
func age(at *metav1.Time) string {
	if at == nil {
		return "-"
	}
	return duration.HumanDuration(time.Since(at.Time)) + " ago"
}

func took(seconds *int64) string {
	if seconds == nil {
		return "-"
	}
	return duration.HumanDuration(time.Duration(*seconds) * time.Second)
}

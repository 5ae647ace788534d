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
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/lint"
)

// session is a command that has ended.
type session struct {
	code        int
	out, errOut string
}

// inSession runs kubectl ejob.
func inSession(t *testing.T, stdin string, args ...string) session {
	t.Helper()
	var out, errOut bytes.Buffer
	root := NewRootCommand(genericiooptions.IOStreams{In: strings.NewReader(stdin), Out: &out, ErrOut: &errOut})
	root.SetArgs(args)
	code := cli.Report(&errOut, root.ExecuteContext(t.Context()))
	return session{code, out.String(), errOut.String()}
}

const (
	errand = `apiVersion: fissile.cloudfoundry.org/v1
kind: ExtendedJob
metadata: {name: errand}
spec:
  trigger: {strategy: manual}
  jobTemplate:
    spec:
      template:
        spec:
          containers: [{name: main, image: busybox}]
          restartPolicy: Never
`
	another = `apiVersion: v1
kind: ConfigMap
metadata: {name: another}
`
	predecessor = `apiVersion: quarks.cloudfoundry.org/v1alpha1
kind: QuarksJob
metadata: {name: old}
spec:
  trigger: {strategy: manual}
  template:
    spec:
      backoffLimit: 1
      template:
        spec:
          containers: [{name: main, image: busybox}]
          restartPolicy: Never
`
)

func TestLint(t *testing.T) {
	warned := strings.Replace(errand, "spec:\n", "spec:\n  updateOnConfigChange: true\n", 1)
	refused := strings.Replace(errand, "manual", "sometimes", 1)
	for name, test := range map[string]struct {
		stdin string
		code  int
		out   string
	}{
		"nothing is wrong":     {errand, cli.ExitOK, ""},
		"warnings alone":       {warned, cli.ExitOK, "stdin:5: warning: ExtendedJob errand: spec.updateOnConfigChange has no effect on an errand\n"},
		"an error":             {refused, cli.ExitFindings, `stdin:5: error: ExtendedJob errand: spec.trigger.strategy: Unsupported value: "sometimes": supported values: "manual", "now", "once", "done"` + "\n"},
		"no YAML":              {"a: [", cli.ExitFindings, "stdin:1: error: did not find expected node content\n"},
		"beside other objects": {another + "---\n" + errand, cli.ExitOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got, want := inSession(t, test.stdin, "lint", "-"), (session{test.code, test.out, ""}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestLintForPrograms(t *testing.T) {
	got := inSession(t, strings.Replace(errand, "manual", "sometimes", 1), "lint", "-", "-o", "json")
	var findings []lint.Finding
	if err := json.Unmarshal([]byte(got.out), &findings); err != nil {
		t.Fatal(err)
	}
	want := lint.Finding{
		File: "stdin", Line: 5, Severity: lint.Error, Object: "ExtendedJob errand", Field: "spec.trigger.strategy",
		Message: `Unsupported value: "sometimes": supported values: "manual", "now", "once", "done"`,
	}
	if len(findings) != 1 || findings[0] != want || got.code != cli.ExitFindings {
		t.Errorf("got %+v", got)
	}
	if got := inSession(t, errand, "lint", "-", "-o", "json"); got.out != "[]\n" || got.code != cli.ExitOK {
		t.Errorf("got %+v of a file without findings", got)
	}
}

func TestLintOfDirectories(t *testing.T) {
	directory := t.TempDir()
	below := filepath.Join(directory, "below")
	if err := os.Mkdir(below, 0o755); err != nil {
		t.Fatal(err)
	}
	refused := strings.Replace(errand, "manual", "sometimes", 1)
	for name, content := range map[string]string{"fine.yaml": errand, "README.md": refused, "below/refused.yml": refused} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := inSession(t, "", "lint", directory); got != (session{}) {
		t.Errorf("got %+v of the directory alone", got)
	}
	got := inSession(t, "", "lint", "-R", directory)
	if want := filepath.Join(below, "refused.yml") + ":5: error: "; got.code != cli.ExitFindings || !strings.HasPrefix(got.out, want) || strings.Count(got.out, "\n") != 1 {
		t.Errorf("got %+v, want one finding, %s", got, want)
	}
}

func TestMigrate(t *testing.T) {
	got := inSession(t, predecessor, "migrate", "-")
	if got.code != cli.ExitOK || got.errOut != "" || !strings.HasPrefix(got.out, "apiVersion: fissile.cloudfoundry.org/v1\nkind: ExtendedJob\n") {
		t.Errorf("got %+v", got)
	}
	again := inSession(t, got.out, "migrate", "-")
	if want := (session{cli.ExitOK, got.out, "stdin has nothing to rewrite: it has neither an ExtendedJob of v1alpha1 nor a QuarksJob\n"}); again != want {
		t.Errorf("got %+v, want %+v", again, want)
	}
}

func TestMigrateTellsWhatIsLostAndWhatIsMissing(t *testing.T) {
	got := inSession(t, strings.Replace(predecessor, "{strategy: manual}", "{strategy: manual, when: ready}", 1), "migrate", "-")
	if want := "stdin:5: QuarksJob old: spec.trigger.when: left out: pod events no longer start runs\n"; got.code != cli.ExitFindings || got.errOut != want {
		t.Errorf("got %+v, want %q", got, want)
	}
	got = inSession(t, strings.Replace(predecessor, "          restartPolicy: Never\n", "", 1), "migrate", "-")
	if want := "result:10: error: ExtendedJob old: spec.jobTemplate.spec.template.spec.restartPolicy: "; got.code != cli.ExitFindings || !strings.HasPrefix(got.errOut, want) {
		t.Errorf("got %+v, want %q", got, want)
	}
}

func TestBadInputIsOneSentenceWithTheCure(t *testing.T) {
	empty := t.TempDir()
	for name, test := range map[string]struct {
		stdin string
		args  []string
		want  string
	}{
		"lint of nothing":           {"", []string{"lint"}, "nothing to check: give the path of a manifest or a directory, or - for standard input"},
		"lint of no file":           {"", []string{"lint", "nofile"}, "file nofile does not exist: give the path of a manifest or a directory, or - for standard input"},
		"lint of an empty place":    {"", []string{"lint", empty}, "directory " + empty + " contains no manifests (.yaml, .yml, .json): give another one, or add -R to search below it"},
		"lint of something else":    {another, []string{"lint", "-"}, "the manifests contain no ExtendedJob: give at least one that does"},
		"lint in another format":    {"", []string{"lint", "-", "-o", "xml"}, `unknown output format "xml": use json, or omit -o`},
		"migrate of nothing":        {"", []string{"migrate"}, "got 0 files: give one, or - for standard input"},
		"migrate of a directory":    {"", []string{"migrate", "."}, "directory . contains no manifests (.yaml, .yml, .json): give another one, or add -R to search below it"},
		"migrate of what is broken": {"\na: [", []string{"migrate", "-"}, "stdin:2 is not valid YAML: did not find expected node content"},
		"graph in another format":   {"", []string{"graph", "-o", "svg"}, `unknown output format "svg": use text, dot or mermaid`},
	} {
		t.Run(name, func(t *testing.T) {
			if got, want := inSession(t, test.stdin, test.args...), (session{cli.ExitCannot, "", "error: " + test.want + "\n"}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

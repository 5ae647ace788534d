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

package docs

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// timeout is for one command, and is long enough for a slow machine.
const timeout = 5 * time.Minute

// TestTheCommands runs the commands of all documents exactly as written, each section in its own namespace and in a copy
// of the repository. make test-docs sets the cluster, and where the operator is deployed.
func TestTheCommands(t *testing.T) {
	for _, chapter := range chapters(t) {
		if chapter.script.alone == "" {
			t.Run(chapter.String(), func(t *testing.T) {
				t.Parallel()
				newReader(t).follow(t, chapter.script)
			})
		}
		if chapter.title == "A run in a pipeline" {
			t.Run(chapter.String()+", that fails", func(t *testing.T) {
				t.Parallel()
				testFailingPipeline(t, chapter.script)
			})
		}
	}
}

// TestTheCommandsThatChangeTheOperator runs the sections that install, upgrade, configure or remove the operator. They
// ignore everything else in the cluster.
func TestTheCommandsThatChangeTheOperator(t *testing.T) {
	for _, chapter := range chapters(t) {
		if chapter.script.alone != "" {
			t.Run(chapter.String(), func(t *testing.T) {
				reader := newReader(t)
				reader.run(t, step{command: operatorInState[chapter.script.alone], exits: []int{0}})
				reader.follow(t, chapter.script)
			})
		}
	}
}

// operatorInState has the commands that bring the operator into a state, however it was installed.
var operatorInState = map[string]string{
	withOperator: `helm uninstall extendedjob-operator --namespace=extendedjob-system --ignore-not-found
		kustomize build config/overlays/selfsigned | kubectl apply --filename=-
		kubectl --namespace=extendedjob-system rollout status deployment --timeout=2m`,
	withoutOperator: `helm uninstall extendedjob-operator --namespace=extendedjob-system --ignore-not-found
		kustomize build config/overlays/selfsigned | kubectl delete --ignore-not-found --filename=-`,
}

// testFailingPipeline runs a recipe with a job that fails, which its document does not show.
func testFailingPipeline(t *testing.T, recipe script) {
	t.Helper()
	manifest, commands := recipe.steps[0], recipe.steps[1]
	manifest.input = strings.Replace(manifest.input, "echo migrated", "echo nothing to migrate; exit 3", 1)
	commands.exits = []int{1}

	reader := newReader(t)
	reader.run(t, manifest)
	output := reader.run(t, commands)
	if !strings.Contains(output, "\nnothing to migrate\n") || !strings.Contains(output, "Container main exited with code 3") {
		t.Errorf("the pipeline does not say why its run failed")
	}
}

// reader follows a document.
type reader struct {
	directory   string
	environment []string
}

// newReader returns a reader with the repository, kubectl with its plugin, kustomize, Helm, and a namespace of the
// cluster.
func newReader(t *testing.T) reader {
	t.Helper()
	home, programs := t.TempDir(), t.TempDir()
	for name, variable := range map[string]string{"kubectl": "KUBECTL", "kubectl-ejob": "PLUGIN", "kustomize": "KUSTOMIZE", "helm": "HELM"} {
		path, err := exec.LookPath(os.Getenv(variable))
		if err != nil {
			t.Fatalf("make test-docs sets %s: %v", variable, err)
		}
		if err := os.Symlink(path, filepath.Join(programs, name)); err != nil {
			t.Fatal(err)
		}
	}
	kubeconfig := filepath.Join(home, "kubeconfig")
	r := reader{
		directory: filepath.Join(home, "repository"),
		environment: append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"), "KUBECONFIG="+kubeconfig,
			"KUBECACHEDIR="+filepath.Join(home, "cache"), "HOME="+home, "PROGRAMS="+programs,
			"GOCACHE="+goEnv(t, "GOCACHE"), "GOMODCACHE="+goEnv(t, "GOMODCACHE")),
	}
	r.prepare(t, kubeconfig)
	return r
}

// goEnv returns a setting of Go that depends on the home directory.
func goEnv(t *testing.T, name string) string {
	t.Helper()
	value, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(value))
}

func (r reader) prepare(t *testing.T, kubeconfig string) {
	t.Helper()
	namespace := "docs-" + strings.ToLower(rand.Text()[:8])
	must(t, exec.Command("bash", "-euo", "pipefail", "-c", `
		mkdir "$1"
		git ls-files -z --cached --others --exclude-standard | tar --create --ignore-failed-read --null --files-from=- | tar --extract --directory="$1"
		ln -s "$PWD/bin" "$1/bin"
		"$KUBECTL" config view --minify --flatten --context="$KUBE_CONTEXT" > "$2"
		"$KUBECTL" config set-context "$KUBE_CONTEXT" --kubeconfig="$2" --namespace="$3"
		"$KUBECTL" --kubeconfig="$2" create namespace "$3"`, "bash", r.directory, kubeconfig, namespace))
	t.Cleanup(func() {
		if t.Failed() {
			r.run(t, step{command: "kubectl describe extendedjobs,jobs,pods", exits: []int{0, 1}})
		}
		must(t, exec.Command(os.Getenv("KUBECTL"), "--kubeconfig="+kubeconfig, "delete", "namespace", namespace, "--wait=false"))
	})
}

func must(t *testing.T, command *exec.Cmd) {
	t.Helper()
	command.Dir = repository
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
}

// follow runs the steps of a script, and ends the test at the first step that does not do what the document says.
func (r reader) follow(t *testing.T, script script) {
	t.Helper()
	for _, step := range script.steps {
		if output := r.run(t, step); step.output != "" && !matches(output, step.output) {
			t.Fatalf("line %d prints something else than the document shows:\n%s", step.line, step.output)
		}
	}
}

// run returns the output of a step.
func (r reader) run(t *testing.T, step step) string {
	t.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), timeout) // It may clean up.
	defer cancel()
	command := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", step.command)
	command.Dir, command.Env, command.Stdin = r.directory, r.environment, strings.NewReader(step.input)
	command.WaitDelay = time.Second // for a kubectl that waits
	output, err := command.CombinedOutput()
	t.Logf("line %d, %s:\n$ %s\n%s", step.line, time.Since(start).Round(100*time.Millisecond), step.command, output)
	if !slices.Contains(step.exits, command.ProcessState.ExitCode()) {
		t.Fatalf("line %d fails: %v", step.line, err)
	}
	return string(output)
}

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

package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheDemoTakesKindWhereItCanBeUsed(t *testing.T) {
	for name, tc := range map[string]struct {
		programs map[string]string
		cluster  string
		context  string // of the kubeconfig
		says     string
	}{
		"all that kind needs is there": {
			programs: map[string]string{"docker": "exit 0", "kind": "exit 0", "kubectl": "exit 0"},
			cluster:  "kind",
			context:  "kind-extendedjob",
			says:     "Docker and kind are installed",
		},
		"no docker": {
			programs: map[string]string{"kind": "exit 0", "kubectl": "exit 0"},
			cluster:  "local",
			context:  "extendedjob-local",
			says:     "docker is not on the PATH",
		},
		"Docker does not run": {
			programs: map[string]string{"docker": "exit 1", "kind": "exit 0", "kubectl": "exit 0"},
			cluster:  "local",
			context:  "extendedjob-local",
			says:     "docker info fails",
		},
		"no kind": {
			programs: map[string]string{"docker": "exit 0", "kubectl": "exit 0"},
			cluster:  "local",
			context:  "extendedjob-local",
			says:     "kind is not on the PATH",
		},
		"no kubectl": {
			programs: map[string]string{"docker": "exit 0", "kind": "exit 0"},
			cluster:  "local",
			context:  "extendedjob-local",
			says:     "kubectl is not on the PATH",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says, _ := dryRun(t, tc.programs, "demo")
			contains(t, says, tc.says)
			contains(t, says, "CLUSTER="+tc.cluster+",")
			contains(t, says, "--context="+tc.context)
		})
	}
}

func TestNobodyIsAskedForAClusterThatIsNamed(t *testing.T) {
	programs := map[string]string{"docker": "exit 0", "kind": "exit 0", "kubectl": "exit 0"}
	says, calls := dryRun(t, programs, "demo", "CLUSTER=local")
	contains(t, says, "--context=extendedjob-local")
	if calls != "" {
		t.Errorf("called were:\n%s", calls)
	}
}

func TestAKindClusterIsMadeFilledAndDeleted(t *testing.T) {
	directory := t.TempDir()
	archive := filepath.Join(directory, "image.tar")
	write(t, archive, "")
	programs := map[string]string{
		"docker":  "exit 0",
		"kubectl": "exit 0",
		// The file represents the cluster.
		"kind": `case "$*" in
"create cluster"*) echo extendedjob > "$CLUSTER_FILE" ;;
"get clusters") cat "$CLUSTER_FILE" ;;
esac`,
	}
	path, calls := programsOnThePath(t, programs)
	environment := []string{path, "CLUSTER=kind", "CLUSTER_FILE=" + filepath.Join(directory, "cluster")}
	for _, arguments := range []string{"up", "up", "load " + archive, "down"} {
		if says, err := run(t, root, environment, "hack/cluster/cluster.sh", strings.Fields(arguments)...); err != nil {
			t.Fatal(says, err)
		}
	}
	want := "kind create cluster --name extendedjob --wait 5m\n" +
		"kind load image-archive --name extendedjob " + archive + "\n" +
		"kind delete cluster --name extendedjob\n"
	if got := changesOfKind(t, calls); got != want {
		t.Errorf("kind was called with\n%sand should be with\n%s", got, want)
	}
}

// changesOfKind returns the arguments of the calls of kind that change something.
func changesOfKind(t *testing.T, calls string) string {
	t.Helper()
	var changes strings.Builder
	for call := range strings.Lines(read(t, calls)) {
		if strings.HasPrefix(call, "kind ") && call != "kind get clusters\n" {
			changes.WriteString(call)
		}
	}
	return changes.String()
}

// dryRun runs make in a dry run, with only some programs on the PATH. It returns the
// output, and the arguments that these programs were called with.
func dryRun(t *testing.T, programs map[string]string, arguments ...string) (says, calls string) {
	t.Helper()
	path, log := programsOnThePath(t, programs)
	says, err := run(t, root, []string{path}, "make", append([]string{"--dry-run"}, arguments...)...)
	if err != nil {
		t.Fatal(says, err)
	}
	return says, read(t, log)
}

// programsOnThePath turns shell commands into programs. It returns a PATH that has
// them, and docker, kind and kubectl only if they are among them, and the file that
// records the arguments of their calls.
func programsOnThePath(t *testing.T, programs map[string]string) (path, log string) {
	t.Helper()
	directory := t.TempDir()
	log = filepath.Join(directory, "calls")
	write(t, log, "")
	bin := filepath.Join(directory, "bin")
	for name, commands := range programs {
		write(t, filepath.Join(bin, name), "#!/bin/sh\necho "+name+` "$@" >> '`+log+"'\n"+commands+"\n")
	}
	linkOthers(t, bin)
	return "PATH=" + bin, log
}

// linkOthers links the other programs that the scripts need into a directory.
func linkOthers(t *testing.T, directory string) {
	t.Helper()
	for _, name := range []string{"awk", "basename", "bash", "cat", "dirname", "env", "git", "grep", "make", "sed", "sh"} {
		file, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(file, filepath.Join(directory, name)); err != nil {
			t.Fatal(err)
		}
	}
}

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

package scripts

import (
	"os"
	"path/filepath"
	"testing"
)

// The parts of kind that the demo uses: its cluster is the local one under another
// name.
const kind = `
case "$*" in
"get clusters") [ ! -e "$KUBECONFIG" ] || echo extendedjob ;;
"create cluster --name extendedjob "*) sed s/extendedjob-local/kind-extendedjob/g .cluster/kubeconfig > "$KUBECONFIG" ;;
"load image-archive --name extendedjob "*) CLUSTER=local KUBECONFIG= hack/cluster/cluster.sh load "$5" ;;
"delete cluster --name extendedjob") rm "$KUBECONFIG" ;;
*) exit 2 ;;
esac`

func TestTheDemoRunsOnKind(t *testing.T) {
	kubectl, err := filepath.Glob(filepath.Join(root, "bin/kubernetes-*/kubectl"))
	if err != nil || len(kubectl) == 0 {
		t.Fatal("there is no local cluster: make cluster-up")
	}
	path, calls := programsOnThePath(t, map[string]string{
		"docker":  "exit 0",
		"kind":    kind,
		"kubectl": "exec '" + kubectl[len(kubectl)-1] + `' "$@"`,
	})
	environment := []string{path + ":" + os.Getenv("PATH"), "KUBECONFIG=" + filepath.Join(t.TempDir(), "kubeconfig")}

	says, err := run(t, root, environment, "make", "--no-print-directory", "demo")
	if err != nil {
		t.Fatal(says, err)
	}
	contains(t, says, "CLUSTER=kind, because Docker and kind are installed")
	contains(t, says, "== Done in ")
	contains(t, says, "make cluster-down CLUSTER=kind")
	if says, err := run(t, root, environment, "make", "--no-print-directory", "cluster-down", "CLUSTER=kind"); err != nil {
		t.Fatal(says, err)
	}

	want := "kind create cluster --name extendedjob --wait 5m\n" +
		"kind load image-archive --name extendedjob " + filepath.Join(root, "bin/demo/extendedjob-operator.tar") + "\n" +
		"kind delete cluster --name extendedjob\n"
	if got := changesOfKind(t, calls); got != want {
		t.Errorf("kind was called with\n%sand should be with\n%s", got, want)
	}
}

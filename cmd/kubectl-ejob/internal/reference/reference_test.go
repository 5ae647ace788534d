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

package reference

import (
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cmd"
)

const page = "../../../../docs/kubectl-ejob.md"

var update = flag.Bool("update", false, "write "+page)

func newRoot() *cobra.Command {
	return cmd.NewRootCommand(genericiooptions.IOStreams{In: strings.NewReader(""), Out: io.Discard, ErrOut: io.Discard})
}

func TestThePageIsUpToDate(t *testing.T) {
	want := Markdown(newRoot())
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("run make docs (-want +got):\n%s", diff)
	}
}

func TestEveryCommandHasHelpWithExamples(t *testing.T) {
	for _, command := range all(newRoot()) {
		if command.Short == "" || command.Name() != "version" && (command.Long == "" || !strings.Contains(command.Example, "kubectl ejob "+command.Name())) {
			t.Errorf("%s has no help or no examples", command.CommandPath())
		}
	}
}

func TestThePageDoesNotDependOnTheMachine(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	if text := Markdown(newRoot()); home != "/" && strings.Contains(text, home) {
		t.Errorf("the page has %s in it", home)
	}
}

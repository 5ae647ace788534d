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

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/markdown"
)

const repository = "../.."

var _ = Describe("The example", func() {
	for _, example := range examples() {
		It(example.Title+" works as it is written", func(ctx context.Context) {
			namespace := newNamespace(ctx)
			kubectl(ctx, "label", "namespace", namespace, "pod-security.kubernetes.io/enforce-") // samples show the essential
			path := pathWithKubectl(namespace)
			for i, block := range example.Blocks {
				switch block.Language {
				case "yaml":
					output, err := bash(ctx, path, "kubectl apply --filename=- << 'MANIFEST'\n"+block.Content+"MANIFEST")
					Expect(err).NotTo(HaveOccurred(), output)
				case "sh":
					output, err := bash(ctx, path, block.Content)
					Expect(err).NotTo(HaveOccurred(), output)
					if i+1 < len(example.Blocks) && example.Blocks[i+1].Language == "text" {
						Expect(output).To(Equal(example.Blocks[i+1].Content))
					}
				}
			}
		})
	}
})

// examples returns how the README uses an ExtendedJob, and those of the examples
// that a cluster with nothing but the operator can run.
func examples() []markdown.Section {
	readme, err := markdown.Sections(filepath.Join(repository, "README.md"))
	if err != nil {
		panic(err)
	}
	gallery, err := markdown.Sections(filepath.Join(repository, "config/samples/README.md"))
	if err != nil {
		panic(err)
	}
	use := slices.IndexFunc(readme, func(section markdown.Section) bool { return section.Title == "Use" })
	return slices.DeleteFunc(append(gallery, readme[use]), func(section markdown.Section) bool {
		return !slices.ContainsFunc(section.Blocks, func(block markdown.Block) bool { return block.Language == "sh" })
	})
}

// pathWithKubectl returns a PATH whose kubectl works in a namespace of the cluster.
func pathWithKubectl(namespace string) string {
	GinkgoHelper()
	directory := GinkgoT().TempDir()
	Expect(os.WriteFile(filepath.Join(directory, "kubectl"), []byte("#!/bin/sh\nexec '"+os.Getenv("KUBECTL")+"' --context='"+
		os.Getenv("KUBE_CONTEXT")+"' --cache-dir='"+kubectlCache+"' --namespace="+namespace+` "$@"`+"\n"), 0o700)).To(Succeed())
	return directory + ":" + os.Getenv("PATH")
}

// bash runs a script in the root of the repository, and returns what it prints.
func bash(ctx context.Context, path, script string) (string, error) {
	command := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	command.Dir = repository
	command.Env = append(os.Environ(), "PATH="+path)
	output, err := command.CombinedOutput()
	return string(output), err
}

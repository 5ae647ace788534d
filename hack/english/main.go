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

// English finds sentences in documents and in comments of Go that no native speaker
// would write, by a few patterns. CONTRIBUTING.md has the rules. Without arguments it
// looks at all files that git knows, except for those in excluded.txt.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// excluded are files and directories that are not looked at, one a line.
//
//go:embed excluded.txt
var excluded string

func main() {
	flag.Parse()
	found, err := check(flag.Args())
	for _, finding := range found {
		fmt.Fprintln(os.Stderr, finding)
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	case len(found) > 0:
		fmt.Fprintf(os.Stderr, "error: %d sentences to rewrite; see Style in CONTRIBUTING.md\n", len(found))
		os.Exit(1)
	}
}

func check(files []string) ([]string, error) {
	if len(files) == 0 {
		var err error
		if files, err = repositoryFiles(); err != nil {
			return nil, err
		}
	}
	var found []string
	for _, file := range files {
		findings, err := checkFile(file)
		if err != nil {
			return nil, err
		}
		found = append(found, findings...)
	}
	return found, nil
}

func repositoryFiles() ([]string, error) {
	list, err := exec.CommandContext(context.Background(), "git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", "*.go", "*.md").Output()
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	prefixes := strings.Fields(excluded)
	return slices.DeleteFunc(strings.Split(strings.TrimSpace(string(list)), "\n"), func(file string) bool {
		_, err := os.Stat(file)
		return err != nil || slices.ContainsFunc(prefixes, func(prefix string) bool { return file == prefix || strings.HasPrefix(file, prefix+"/") })
	}), nil
}

func checkFile(file string) ([]string, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var prose, messages []text
	if filepath.Ext(file) == ".md" {
		prose = ofMarkdown(string(source))
	} else if prose, messages, err = ofGo(file, source); err != nil {
		return nil, err
	}
	var found []string
	report := func(rules []rule, texts []text) {
		for _, text := range texts {
			for _, sentence := range text.sentences() {
				for _, violation := range violations(rules, sentence.content) {
					found = append(found, fmt.Sprintf("%s:%d: %s", file, sentence.line, violation))
				}
			}
		}
	}
	report(ofSentences, prose)
	report(ofErrors, messages)
	return found, nil
}

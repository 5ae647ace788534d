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

package sealedfiles

import (
	"reflect"
	"strings"
	"testing"
)

func TestTheCollectorIsToldWhatTheOperatorMeans(t *testing.T) {
	paths := []string{
		"output.json", "a/b", "$(HOME)", "$$", "$", "a$", "$$(A)", "$(", "-x", "--file=main/x", "a b", "a\nb", "=", "\"", "\u00e9", "\xff", strings.Repeat("x", 4000),
	}
	config := Config{Key: mustKey(t, thisRun).Public(), Run: thisRun, MessageLimit: 3072}
	for _, path := range paths {
		config.Files = append(config.Files, File{"main", path})
	}
	var args []string
	for _, arg := range config.Args() {
		args = append(args, expand(arg))
	}
	got, err := ParseArgs(args)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Files, config.Files) || got.Run != config.Run || got.MessageLimit != config.MessageLimit || got.Key.String() != config.Key.String() {
		t.Errorf("got %+v, want %+v", got, config)
	}
}

// expand does what Kubernetes does to args of containers without variables: $$
// becomes $, and a reference stays.
func expand(arg string) string {
	var expanded strings.Builder
	for i := 0; i < len(arg); i++ {
		if strings.HasPrefix(arg[i:], "$$") {
			i++
		}
		expanded.WriteByte(arg[i])
	}
	return expanded.String()
}

func TestOtherArgumentsAreRefused(t *testing.T) {
	key := "--public-key=" + mustKey(t, thisRun).Public().String()
	for name, args := range map[string][]string{
		"none":                {},
		"no key":              {"--run=1"},
		"a key too short":     {"--public-key=AAAA"},
		"a key that is none":  {"--public-key=!"},
		"a file without path": {key, "--file=main"},
		"an empty path":       {key, "--file=main/"},
		"an empty container":  {key, "--file=/etc/passwd"},
		"an unknown flag":     {key, "--debug"},
		"a run that is none":  {key, "--run=first"},
		"no flag":             {key, "file"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseArgs(args); err == nil {
				t.Error("they were parsed")
			}
		})
	}
}

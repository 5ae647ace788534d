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

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// The formats of --output that several commands have.
const (
	FormatJSON = "json"
	FormatYAML = "yaml"
	FormatName = "name"
	FormatWide = "wide"
)

// Format is the value of the flag --output: one of those allowed, or empty.
type Format struct {
	value   string
	allowed []string
}

// AddFormat adds the flag --output to a command.
func AddFormat(command *cobra.Command, allowed ...string) *Format {
	f := &Format{allowed: allowed}
	command.Flags().VarP(f, "output", "o", "Output format: "+strings.Join(allowed, ", "))
	// The error would be that two functions complete the flag.
	_ = command.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp))
	return f
}

// String returns the format.
func (f *Format) String() string { return f.value }

// Type names the type of the flag in the help.
func (*Format) Type() string { return "string" }

// Set sets the format.
func (f *Format) Set(value string) error {
	if !slices.Contains(f.allowed, value) {
		return fmt.Errorf("choose one of %s", strings.Join(f.allowed, ", "))
	}
	f.value = value
	return nil
}

// Is reports whether the format is one of those given.
func (f *Format) Is(formats ...string) bool {
	return slices.Contains(formats, f.value)
}

// PrintData prints a value as JSON or YAML.
func (f *Format) PrintData(out io.Writer, value any) error {
	marshal := yaml.Marshal
	if f.value == FormatJSON {
		marshal = func(value any) ([]byte, error) {
			data, err := json.MarshalIndent(value, "", "    ")
			return append(data, '\n'), err
		}
	}
	data, err := marshal(value)
	if err != nil {
		return err
	}
	_, err = out.Write(data)
	return err
}

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
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

const outputExamples = `  # All of it
  kubectl ejob output database

  # One value
  kubectl ejob output database --key=password

  # As variables of a shell
  eval "$(kubectl ejob output database --output=env)"

  # An earlier version, of one of several containers
  kubectl ejob output database json --version=3 --output=json`

// formatEnv prints variables of a shell.
const formatEnv = "env"

// output is one invocation of kubectl ejob output.
type output struct {
	key     string
	version int64
	format  *cli.Format
}

func newOutputCommand(options *cli.Options) *cobra.Command {
	o := &output{}
	command := &cobra.Command{
		Use:   "output NAME [CONTAINER|FILE|SECRET]",
		Short: "Show the stored output",
		Long: `Show the stored output of the last run, or an earlier version of it. If there are several
outputs, choose one by its container, file or Secret.

This needs permission to read Secrets.`,
		Example: outputExamples,
		Args: func(command *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return oneName(command, args)
		},
		ValidArgsFunction: options.CompleteNames(false),
		RunE: func(command *cobra.Command, args []string) error {
			c, ej, err := connectAndRead(command.Context(), options, args[0])
			if err != nil {
				return err
			}
			of := ""
			if len(args) == 2 {
				of = args[1]
			}
			return o.run(command.Context(), c, ej, of)
		},
	}
	command.Flags().StringVar(&o.key, "key", "", "Show only the value of this key, as it is")
	command.Flags().Int64Var(&o.version, "version", 0, "Version of a versioned output; if not set, the newest")
	o.format = cli.AddFormat(command, formatEnv, cli.FormatJSON, cli.FormatYAML)
	return command
}

func (o *output) run(ctx context.Context, c *connection, ej *fissilev1.ExtendedJob, of string) error {
	stored, err := choose(ej, of)
	if err != nil {
		return err
	}
	name, err := o.secretName(stored)
	if err != nil {
		return err
	}
	secret, err := c.kubernetes.CoreV1().Secrets(c.namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return fmt.Errorf("the Secret %s does not exist: choose another version, or run %s again", name, c.name)
	}
	if err != nil {
		return cli.Explain(err, "get", "secrets", c.namespace)
	}
	if o.key != "" {
		return printKey(c.Out, secret.Data, o.key)
	}
	return o.print(c.Out, secret.Data)
}

// choose returns the output of a container or a file, or the one with the name of a
// Secret. If none of them is given, there must be only one output.
func choose(ej *fissilev1.ExtendedJob, of string) (*fissilev1.OutputSecret, error) {
	all := ej.Status.Outputs
	var names []string
	var found []*fissilev1.OutputSecret
	for i := range all {
		names = append(names, baseName(&all[i]))
		if of == "" || of == all[i].Container || of == all[i].SecretName || of == baseName(&all[i]) || isOfFile(ej, &all[i], of) {
			found = append(found, &all[i])
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case ej.Spec.Output == nil && len(all) == 0:
		return nil, fmt.Errorf("%s stores no output: set spec.output", ej.Name)
	case len(all) == 0:
		return nil, fmt.Errorf("%s has no stored output: find out why with kubectl ejob status %s", ej.Name, ej.Name)
	case len(found) == 0:
		return nil, fmt.Errorf("%s has no output %s: choose one of %s", ej.Name, of, strings.Join(names, ", "))
	default:
		return nil, fmt.Errorf("%s has several outputs: choose one of %s", ej.Name, strings.Join(names, ", "))
	}
}

// isOfFile reports whether an output was in a file with a path.
func isOfFile(ej *fissilev1.ExtendedJob, stored *fissilev1.OutputSecret, path string) bool {
	if ej.Spec.Output == nil {
		return false
	}
	return slices.ContainsFunc(ej.Spec.Output.Files, func(file fissilev1.OutputFile) bool {
		name := baseName(stored)
		return file.Path == path && file.Container == stored.Container &&
			(name == file.SecretName || file.Layout == fissilev1.LayoutSecretPerKey && strings.HasPrefix(name, file.SecretName+"-"))
	})
}

// baseName is the name of an output's Secret, without the version.
func baseName(stored *fissilev1.OutputSecret) string {
	if stored.Version == 0 {
		return stored.SecretName
	}
	base, _, _ := versionedsecret.ParseName(stored.SecretName)
	return base
}

func (o *output) secretName(stored *fissilev1.OutputSecret) (string, error) {
	switch {
	case o.version == 0:
		return stored.SecretName, nil
	case stored.Version == 0:
		return "", fmt.Errorf("the Secret %s has no versions: set spec.output.versioned to keep them", stored.SecretName)
	default:
		return versionedsecret.Name(baseName(stored), o.version), nil
	}
}

// printKey prints a value as it is.
func printKey(out io.Writer, data map[string][]byte, key string) error {
	value, found := data[key]
	if !found {
		return fmt.Errorf("the output has no key %s: choose one of %s", key, strings.Join(slices.Sorted(maps.Keys(data)), ", "))
	}
	_, err := out.Write(value)
	if err == nil && cli.SameTerminal(out, out) {
		_, err = fmt.Fprintln(out)
	}
	return err
}

func (o *output) print(out io.Writer, data map[string][]byte) error {
	if o.format.Is(formatEnv) {
		return printEnv(out, data)
	}
	texts := map[string]string{}
	for key, value := range data {
		texts[key] = string(value)
	}
	return o.format.PrintData(out, texts)
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// printEnv prints assignments that a shell takes, whatever the values are.
func printEnv(out io.Writer, data map[string][]byte) error {
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if !variable.MatchString(key) {
			return errors.New("key " + key + " is not a valid name for a variable: use --output=json")
		}
		fmt.Fprintf(&text, "%s='%s'\n", key, strings.ReplaceAll(string(data[key]), "'", `'\''`))
	}
	_, err := io.WriteString(out, text.String())
	return err
}

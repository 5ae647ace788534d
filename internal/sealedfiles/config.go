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
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	// Command is the collector in the operator's image.
	Command = "/collect"

	mountPath = "/files"
)

// MountPath is where the collector finds the files of a container.
func MountPath(container string) string { return mountPath + "/" + container }

// Config is the collector's configuration.
type Config struct {
	Key          PublicKey
	Run          Run
	MessageLimit int
	Files        []File
}

// Args returns the configuration as the args of a container. Kubernetes replaces
// $(NAME) in these, and $$ by $.
func (c Config) Args() []string {
	args := []string{
		"--public-key=" + c.Key.String(),
		"--namespace=" + c.Run.Namespace,
		"--extendedjob-uid=" + c.Run.UID,
		"--run=" + strconv.FormatInt(c.Run.Number, 10),
		"--message-limit=" + strconv.Itoa(c.MessageLimit),
	}
	for _, file := range c.Files {
		args = append(args, "--file="+file.Container+"/"+file.Path)
	}
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, "$", "$$")
	}
	return args
}

// ParseArgs parses the arguments that a container with these args is started with.
func ParseArgs(args []string) (Config, error) {
	var config Config
	flags := flag.NewFlagSet("collect", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Func("public-key", "", func(text string) (err error) {
		config.Key, err = ParsePublicKey(text)
		return err
	})
	flags.StringVar(&config.Run.Namespace, "namespace", "", "")
	flags.StringVar(&config.Run.UID, "extendedjob-uid", "", "")
	flags.Int64Var(&config.Run.Number, "run", 0, "")
	flags.IntVar(&config.MessageLimit, "message-limit", 0, "")
	flags.Func("file", "", func(text string) error {
		container, path, found := strings.Cut(text, "/")
		if !found || container == "" || path == "" {
			return fmt.Errorf("%q is not of the form CONTAINER/PATH", text)
		}
		config.Files = append(config.Files, File{container, path})
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return Config{}, fmt.Errorf("parse the arguments: %w", err)
	}
	if config.Key.key == nil || flags.NArg() > 0 {
		return Config{}, errors.New("parse the arguments: the public key is missing, or an argument is not a flag")
	}
	return config, nil
}

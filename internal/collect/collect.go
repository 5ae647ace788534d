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

// Package collect is the program that runs beside the containers of a Job's pod: it
// seals the files that they leave, and prints the frame.
package collect

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
)

// memoryLimit makes Go collect garbage so often that the collector stays well within
// the memory of its container.
const memoryLimit = 16 << 20

// AtTermination waits until the pod's containers have ended, which the kubelet signals
// with SIGTERM, and collects their files. It always returns: the exit code counts in
// the Job's podFailurePolicy, and restarts count in its backoffLimit. The frame
// reports errors, or else there is no frame.
func AtTermination(args []string) {
	collector{mountPath: sealedfiles.MountPath, messageFile: "/dev/termination-log", log: os.Stdout}.atTermination(args)
}

// collector holds the sources of the files, and the destinations of the frame.
type collector struct {
	mountPath   func(container string) string
	messageFile string
	log         io.Writer
}

func (c collector) atTermination(args []string) {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	signal.Ignore(syscall.SIGPIPE) // Go would end the process if nobody reads its log.
	debug.SetMemoryLimit(memoryLimit)
	<-terminated
	c.collect(args)
}

func (c collector) collect(args []string) {
	defer func() {
		if r := recover(); r != nil {
			c.report(fmt.Errorf("panic: %v", r))
		}
	}()
	config, err := sealedfiles.ParseArgs(args)
	if err != nil {
		c.report(err)
		return
	}
	frame, err := c.seal(config)
	if err != nil {
		c.report(err)
		return
	}
	if message, fits := sealedfiles.Message(frame, config.MessageLimit); fits {
		c.report(os.WriteFile(c.messageFile, []byte(message), 0o600)) //nolint:gosec // The path is a constant.
	}
	c.report(sealedfiles.WriteLog(c.log, frame))
}

// seal reads the files one after the other and returns the frame.
func (c collector) seal(config sealedfiles.Config) ([]byte, error) {
	sealer, err := sealedfiles.NewSealer(config.Key, config.Run)
	if err != nil {
		return nil, err
	}
	var files fileReader
	for _, file := range config.Files {
		if err := sealer.Add(file, files.read(c.mountPath(file.Container), file.Path)); err != nil {
			return nil, err
		}
	}
	return sealer.Frame(), nil
}

// report writes what went wrong to the log.
func (c collector) report(err error) {
	if err != nil {
		_, _ = fmt.Fprintln(c.log, "extendedjob collector:", err)
	}
}

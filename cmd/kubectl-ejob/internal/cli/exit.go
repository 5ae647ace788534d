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
	"errors"
	"fmt"
	"io"
)

// The exit codes of kubectl ejob, except that of a container.
const (
	// ExitOK says that what was asked for is done.
	ExitOK = 0
	// ExitFindings says that the command did its work, and found something wrong.
	ExitFindings = 1
	// ExitTimeout says that --timeout has passed, as with timeout(1).
	ExitTimeout = 124
	// ExitCannot says that the command could not do its work.
	ExitCannot = 125
	// ExitInterrupted says that somebody pressed Ctrl-C.
	ExitInterrupted = 130
)

// ExitError ends the plugin with an exit code of its own. Every other error ends
// it with ExitCannot.
type ExitError struct {
	// Code is the exit code.
	Code int
	// Err is printed, unless it is nil.
	Err error
}

// Error returns the error's text.
func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns the error that is printed.
func (e *ExitError) Unwrap() error {
	return e.Err
}

// Report prints an error, if there is one to print, and returns the exit code.
func Report(out io.Writer, err error) int {
	if err == nil {
		return ExitOK
	}
	exit := &ExitError{Code: ExitCannot, Err: err}
	errors.As(err, &exit)
	if exit.Err != nil {
		fmt.Fprintf(out, "error: %v\n", exit.Err)
	}
	return exit.Code
}

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

package outputs

import (
	"context"
	"errors"
	"io"

	"k8s.io/apimachinery/pkg/types"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
)

// readFiles reads what the collector handed over in its log. It reads the log once
// more before it gives up, because the first read may not have been complete.
func (r *LogReader) readFiles(ctx context.Context, pod types.NamespacedName) (sealedfiles.Frame, error) {
	files, err := r.parseFiles(ctx, pod)
	if !isSealedFault(err) {
		return files, filesError(err, pod.Name)
	}
	files, err = r.parseFiles(ctx, pod)
	return files, filesError(err, pod.Name)
}

func (r *LogReader) parseFiles(ctx context.Context, pod types.NamespacedName) (files sealedfiles.Frame, err error) {
	err = r.readLog(ctx, r.Logs.Open, pod, runjob.CollectorContainer, func(log io.Reader) error {
		files, err = sealedfiles.ParseLog(log)
		return err
	})
	return files, err
}

// filesError says why the log of the collector does not hold the files.
func filesError(err error, pod string) error {
	switch {
	case err == nil:
		return nil
	case isSealedFault(err):
		return unopened(err)
	default:
		return logError(err, pod, runjob.CollectorContainer)
	}
}

// isSealedFault reports whether an error is about the contents of a log, and not
// about reading it.
func isSealedFault(err error) bool {
	for _, fault := range []error{sealedfiles.ErrAbsent, sealedfiles.ErrCut, sealedfiles.ErrDamaged, sealedfiles.ErrUnknownFormat} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}

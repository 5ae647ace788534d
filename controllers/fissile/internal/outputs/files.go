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
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/runpods"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/joboutput"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
)

// filesOf returns the files of a run if targets need them and the collector's
// termination message holds them. It returns nil if only the collector's log can hold
// them.
func (w *secretWriter) filesOf(pod *corev1.Pod, targets []runjob.Target) ([]sealedfiles.Content, error) {
	if !slices.ContainsFunc(targets, func(target runjob.Target) bool { return target.File != nil }) {
		return []sealedfiles.Content{}, nil
	}
	at := slices.IndexFunc(pod.Status.InitContainerStatuses, func(status corev1.ContainerStatus) bool { return status.Name == runjob.CollectorContainer })
	if at < 0 {
		return nil, uncollected(pod, "the pod has no such container")
	}
	if why := runpods.NeverStarted(pod, runjob.CollectorContainer); why != "" {
		return nil, uncollected(pod, why)
	}
	terminated := pod.Status.InitContainerStatuses[at].State.Terminated
	if terminated == nil {
		return nil, nil
	}
	if sealed, err := sealedfiles.ParseMessage(terminated.Message); err == nil {
		return w.open(sealed)
	}
	return nil, nil // The log has them as well, without a size limit.
}

// open returns the decrypted files of the run, in the order of spec.output.files.
func (w *secretWriter) open(sealed sealedfiles.Frame) ([]sealedfiles.Content, error) {
	key, err := runjob.FilesKey(w.sealKey, w.ej, w.job)
	if err != nil {
		return nil, err
	}
	number, _ := runjob.RunNumber(w.ej, w.job)
	files, err := sealed.Open(key, runjob.FilesRun(w.ej, number), runjob.CollectedFiles(w.settings))
	if err != nil {
		return nil, unopened(err)
	}
	return files, nil
}

// uncollected means that the collector of a pod never began.
func uncollected(pod *corev1.Pod, why string) error {
	return &Error{Reason: fissilev1.ReasonOutputUnavailable, Message: fmt.Sprintf(
		"Container %s of pod %s delivered no files: %s.", runjob.CollectorContainer, pod.Name, why)}
}

// unopened means that what the collector handed over cannot be opened, or does not
// exist.
func unopened(err error) error {
	why := err.Error()
	switch {
	case errors.Is(err, sealedfiles.ErrOtherKey):
		why = "the operator's key has changed since the run began: run again"
	case errors.Is(err, sealedfiles.ErrAbsent):
		why = "nothing was delivered, because the container was stopped before the others had ended, or ran out of time"
	case errors.Is(err, sealedfiles.ErrCut):
		why = "the delivery is incomplete, because the container was stopped or its log was rotated"
	}
	return &Error{Reason: fissilev1.ReasonOutputUnavailable, Message: fmt.Sprintf("Container %s: the files cannot be opened: %s.", runjob.CollectorContainer, why)}
}

// secretContent is what goes to a target.
type secretContent struct {
	target runjob.Target
	data   map[string][]byte
}

// contents returns what goes to targets. Documents come in the order of the printing
// targets, files in that of spec.output.files. Files that are missing, and may be,
// are left out.
func (w *secretWriter) contents(targets []runjob.Target, documents []document, files []sealedfiles.Content) ([]secretContent, error) {
	var contents []secretContent
	for _, target := range targets {
		if target.File == nil {
			contents = append(contents, secretContent{target, documents[0].data})
			documents = documents[1:]
			continue
		}
		at := slices.IndexFunc(w.settings.Files, func(file fissilev1.OutputFile) bool {
			return file.Container == target.File.Container && file.Path == target.File.Path
		})
		file := files[at]
		if file.Fault == sealedfiles.Missing && target.File.WhenMissing == fissilev1.MissingFileIgnore {
			continue
		}
		if file.Fault != 0 {
			return nil, w.faulty(target.File, file.Fault)
		}
		data, err := dataOf(target, file.Data)
		if err != nil {
			return nil, err
		}
		contents = append(contents, secretContent{target, data})
	}
	return contents, nil
}

// faulty returns an error that says why a file has no content, and what can be done
// about it.
func (w *secretWriter) faulty(file *fissilev1.OutputFile, fault sealedfiles.Fault) error {
	reason := fissilev1.ReasonOutputUnreadable
	var what string
	switch fault {
	case sealedfiles.Missing:
		reason, what = fissilev1.ReasonOutputMissing, "does not exist: write it before the container ends, or set whenMissing to Ignore"
	case sealedfiles.TooLarge:
		reason, what = fissilev1.ReasonOutputTooLarge, fmt.Sprintf("has more than %d bytes: write less, because a Secret holds no more", sealedfiles.MaxFileSize)
	case sealedfiles.TooLargeInAll:
		reason, what = fissilev1.ReasonOutputTooLarge, fmt.Sprintf("makes the files of the run larger than %d bytes in total: write less", sealedfiles.MaxTotalSize)
	case sealedfiles.Unreadable:
		what = "cannot be read by the collector: run all containers as one user (securityContext.runAsUser), " +
			"or let others read the file (chmod o+r or, with securityContext.fsGroup, chmod g+r)"
	case sealedfiles.Changing:
		what = "was written while it was being read: finish writing before the container ends"
	default:
		what = fmt.Sprintf("is a %s: write a regular file", fault)
	}
	return &Error{Reason: reason, Message: fmt.Sprintf(
		"Container %s: file %q %s.", file.Container, path.Join(runjob.OutputDirectory(w.settings), file.Path), what)}
}

// dataOf returns a file as the data of a Secret or, if each key is a Secret, as the
// texts of these.
func dataOf(target runjob.Target, file []byte) (map[string][]byte, error) {
	if target.File.Layout == fissilev1.LayoutFile {
		return checkType(target, map[string][]byte{runjob.FileKey(target.File): file})
	}
	data, err := joboutput.ParseFile(file)
	if err != nil {
		return nil, invalidContent(target, err)
	}
	if target.PerKey {
		return data, nil
	}
	return checkType(target, data)
}

// checkType returns data, or an error if the type demands a key that data lacks.
func checkType(target runjob.Target, data map[string][]byte) (map[string][]byte, error) {
	required := runjob.KeysOfType(target.Type)
	if len(required) == 0 || slices.ContainsFunc(required, func(keys []string) bool {
		return !slices.ContainsFunc(keys, func(key string) bool { _, ok := data[key]; return !ok })
	}) {
		return data, nil
	}
	var alternatives []string
	for _, keys := range required {
		alternatives = append(alternatives, strings.Join(keys, " and "))
	}
	return nil, invalidContent(target, fmt.Errorf("a Secret of type %s needs the key %s", target.Type, strings.Join(alternatives, " or ")))
}

// invalidContent means that the content of a file does not fit.
func invalidContent(target runjob.Target, err error) error {
	reason := fissilev1.ReasonOutputInvalid
	if invalid, ok := errors.AsType[*joboutput.Error](err); ok {
		reason = invalid.Reason
	}
	return &Error{Reason: reason, Message: fmt.Sprintf("Output of %s: %v.", target.Source(), err)}
}

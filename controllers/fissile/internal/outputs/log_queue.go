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

import "slices"

// logQueue holds the reads that wait for a slot. Namespaces take turns.
type logQueue struct {
	// namespaces are those with waiting reads, in the order of their turns.
	namespaces []string
	// reads are the reads of each namespace, in the order in which they came.
	reads map[string][]*logRead
}

func (q *logQueue) add(read *logRead) {
	namespace := read.extendedJob.Namespace
	if q.reads == nil {
		q.reads = make(map[string][]*logRead)
	}
	if len(q.reads[namespace]) == 0 {
		q.namespaces = append(q.namespaces, namespace)
	}
	q.reads[namespace] = append(q.reads[namespace], read)
}

func (q *logQueue) len() int {
	length := 0
	for _, reads := range q.reads {
		length += len(reads)
	}
	return length
}

// next removes the next read that may begin from the queue and returns it, or nil if
// none may.
func (q *logQueue) next(mayBegin func(*logRead) bool) *logRead {
	for _, namespace := range q.namespaces {
		at := slices.IndexFunc(q.reads[namespace], mayBegin)
		if at < 0 {
			continue
		}
		read := q.reads[namespace][at]
		q.remove(read)
		if len(q.reads[namespace]) > 0 {
			q.namespaces = append(without(q.namespaces, namespace), namespace)
		}
		return read
	}
	return nil
}

// remove removes a read from the queue if it is there.
func (q *logQueue) remove(read *logRead) {
	namespace := read.extendedJob.Namespace
	if _, waiting := q.reads[namespace]; !waiting {
		return
	}
	q.reads[namespace] = without(q.reads[namespace], read)
	if len(q.reads[namespace]) == 0 {
		delete(q.reads, namespace)
		q.namespaces = without(q.namespaces, namespace)
	}
}

func without[T comparable](all []T, one T) []T {
	return slices.DeleteFunc(all, func(other T) bool { return other == one })
}

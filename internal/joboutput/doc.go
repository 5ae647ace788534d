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

// Package joboutput turns the log of a container into the data of a Secret.
//
// The kubelet merges what a container writes to stdout and stderr into one
// log, in no fixed order. [Parse] finds the JSON document in it, wherever
// warnings and log lines stand around it, and either returns exactly what was
// printed or says why not. It never returns a part of a document.
//
// # The document of a log
//
// A line ends with "\n" or with the log; blanks are space, tab and "\r". A
// UTF-8 byte order mark at the start of the log is no part of it.
//
//  1. A log that is one JSON text, white space around it apart, is the
//     document.
//  2. Otherwise the document stands among other lines. From the first byte of
//     each line that is not a blank, text is read as JSON until it ends or
//     breaks. Every complete array or object of such text is a value, even if
//     the text around it breaks. A candidate is a value that is an object,
//     begins at the very start of a line, is followed by nothing but blanks up
//     to the end of its line, and lies within no other value.
//
// A candidate is flat if all its members are strings; {} is flat. Exactly one
// flat candidate is the document, and the others are noise. Several are
// [ReasonAmbiguousOutput], because none can be told from a log line that
// happens to be JSON. If no candidate is flat, the first is refused for what it
// is; if there is no candidate at all, the reason is [ReasonNoOutput], and the
// error says what is wrong with the first line that begins with "{", or else
// with the first on which an object stands behind other text.
//
// On ReasonAmbiguousOutput and ReasonNoOutput a caller that can read stdout
// alone may parse that instead.
//
// JSON is what encoding/json accepts. Where text nests deeper than the 10,000
// levels that encoding/json reads, it cannot be told what lies within what; a
// log with such text is [ReasonOutputInvalid].
//
// # What a Secret can hold
//
// The document is refused with [ReasonOutputInvalid] unless it is a flat
// object, each of its keys is a legal key of a Secret and occurs once, and each
// string is valid Unicode: neither bytes that are not UTF-8 nor one half of a
// surrogate pair, which encoding/json would replace silently. It is refused
// with [ReasonOutputTooLarge] if its values have more than 1 MiB
// ([corev1.MaxSecretSize]), or if values and keys would not fit into etcd.
//
// # Memory
//
// The log is read once, front to back, and is not kept. Parse holds the
// members of at most one object at a time, and 10,000 levels of nesting: less
// than 8 MiB, whatever the log holds and however long its lines are. That is
// why it has a JSON scanner of its own; those of libraries hold at least one
// whole token, and a job can print a string of 2 GiB.
//
// [corev1.MaxSecretSize]: https://pkg.go.dev/k8s.io/api/core/v1#MaxSecretSize
package joboutput

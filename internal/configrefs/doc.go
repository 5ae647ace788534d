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

// Package configrefs finds the ConfigMaps and Secrets that a pod spec names, and
// digests their data. A run can then start when all of them exist, and be repeated
// when one of them has changed.
//
// The package is pure: it takes pod specs and data, and knows no client. It has no
// rules of its own for names. It compares and replaces whole names, and leaves it to
// the caller to say what a versioned name stands for.
//
// # Digests
//
// The objects' data goes through a keyed hash twice: each object through [ObjectMAC],
// whose result can stay in memory once the data is dropped, and all of them together
// through [Digest], whose result can be recorded where everybody can read it. Without
// the key, neither can be used to confirm a guess at the data.
//
// Both hash an encoding in which each part is preceded by its length, so that
// different inputs never look the same.
package configrefs

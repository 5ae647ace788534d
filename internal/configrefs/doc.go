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

// Package configrefs tells which ConfigMaps and Secrets a pod spec names, and
// digests what they hold, so that a run can start when all of them are there and
// be repeated when one of them has changed.
//
// It is pure: it gets pod specs and data, and knows no client. It has no rule of
// its own for names: they are compared and replaced as a whole, and what a
// versioned name stands for is for the caller to say.
//
// # Digests
//
// The objects' data goes through a keyed hash twice: each object by [ObjectMAC],
// which can be kept in memory once the data is dropped, and all of them together
// by [Digest], which can be recorded where everybody reads it. Without the key
// neither can be used to confirm a guess at the data.
//
// Both hash an encoding in which all parts have their length in front, so that
// different inputs never look the same.
package configrefs

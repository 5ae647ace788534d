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

import "errors"

// The reasons why a frame cannot be opened. Errors of this package wrap one of these,
// except for those of a reader.
var (
	// ErrAbsent means that there is no frame.
	ErrAbsent = errors.New("no frame found")
	// ErrCut means that a part of the frame is missing.
	ErrCut = errors.New("the frame is incomplete")
	// ErrDamaged means that the frame is not as it was sealed.
	ErrDamaged = errors.New("the frame is damaged")
	// ErrUnknownFormat means that another version of the collector sealed the
	// frame.
	ErrUnknownFormat = errors.New("the frame has an unknown format")
	// ErrOtherKey means that the frame was sealed to another key.
	ErrOtherKey = errors.New("the frame is sealed to another key")
	// ErrOtherContext means that the frame belongs to another run, or to other files.
	ErrOtherContext = errors.New("the frame belongs to other files")
)

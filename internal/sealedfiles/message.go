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
	"encoding/base64"
	"strings"
)

const (
	maxMessage = 4096 // of a container
	// maxMessages is for all containers of a pod; the kubelet divides it by their
	// number and cuts each message to its share.
	maxMessages = 12 << 10
)

// MessageLimit is how long the termination message of each container of a pod can
// be. It leaves room for a container that debugs the pod later.
func MessageLimit(containers int) int {
	return min(maxMessage, maxMessages/(containers+1))
}

// Message returns a frame as a termination message, and whether it is short enough.
func Message(frame []byte, limit int) (message string, fits bool) {
	if base64.RawStdEncoding.EncodedLen(len(frame)) > limit {
		return "", false
	}
	return base64.RawStdEncoding.EncodeToString(frame), true
}

// ParseMessage returns the frame of a termination message.
func ParseMessage(message string) (Frame, error) {
	switch {
	case !strings.HasPrefix(message, base64.RawStdEncoding.EncodeToString([]byte(magic))):
		return Frame{}, ErrAbsent
	case len(message) > maxMessage:
		return Frame{}, ErrDamaged
	case len(message)%4 == 1: // cut behind the first of the characters for three bytes
		message = message[:len(message)-1]
	}
	raw, err := base64.RawStdEncoding.DecodeString(message)
	if err != nil {
		return Frame{}, ErrDamaged
	}
	return Decode(raw)
}

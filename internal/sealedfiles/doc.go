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

// Package sealedfiles is what the operator and the collector agree on: how files
// of a pod reach the operator so that nobody else can read them on the way.
//
// The collector runs beside the containers of a pod. It packs the files into one
// frame, which is encrypted to a public key, and prints the frame: as its
// termination message if it is small, and in any case to its log. Both can be read
// by others, who see how large the files are once compressed, and nothing more.
//
// # Keys
//
// [DeriveKey] derives a key pair for each run from the operator's key. The private
// half is stored nowhere; the public half is among the collector's arguments.
//
// Encryption is HPKE (RFC 9180) in base mode, with X25519, HKDF-SHA256 and
// AES-256-GCM. A frame is bound to its run, and each file in it to its container
// and path, so that none passes for another. It does not prove who sealed it:
// anyone who may write the status of pods or run commands in them can make one, as
// they can print a log.
//
// # The frame
//
//	offset  size
//	     0     6  "ejfile"
//	     6     1  version of the format: 1
//	     7     4  size of the frame
//	    11     8  identifies the key
//	    19    32  HPKE's encapsulated key
//	    51     2  number of files
//	    53        for each file 4 bytes with the size of the ciphertext, then the ciphertext
//	            32  SHA-256 of all that precedes
//
// Numbers are big-endian. The plaintext of a file is one byte with its form, and
// then its data, plain or compressed by DEFLATE, or one byte that says why there
// are none: a [Fault].
package sealedfiles

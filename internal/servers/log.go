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

package servers

import (
	"bytes"
	"log"

	ctrl "sigs.k8s.io/controller-runtime"
)

// handshakeError begins the lines about failed TLS handshakes.
const handshakeError = "TLS handshake error"

// errorLog receives what net/http reports about failed connections.
func errorLog(server string) *log.Logger { return log.New(serverLog(server), "", 0) }

type serverLog string

// Write logs a line. Failed TLS handshakes are logged as details, because anyone can
// cause any number of them.
func (s serverLog) Write(line []byte) (int, error) {
	level := 0
	if bytes.HasPrefix(line, []byte(handshakeError)) {
		level = 1
	}
	ctrl.Log.WithName("servers").V(level).Info(string(bytes.TrimSpace(line)), "server", string(s))
	return len(line), nil
}

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

// handshakeError begins the lines about clients that fail to speak TLS.
const handshakeError = "TLS handshake error"

// errorLog is where net/http reports what goes wrong with connections.
func errorLog(server string) *log.Logger { return log.New(serverLog(server), "", 0) }

type serverLog string

// Write logs a line. Clients that fail to speak TLS are details: everyone can
// cause as many of these lines as they like.
func (s serverLog) Write(line []byte) (int, error) {
	level := 0
	if bytes.HasPrefix(line, []byte(handshakeError)) {
		level = 1
	}
	ctrl.Log.WithName("servers").V(level).Info(string(bytes.TrimSpace(line)), "server", string(s))
	return len(line), nil
}

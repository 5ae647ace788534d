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

package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// variables is how many environment variables an enlarged template has.
const variables = 8

// enlarge brings the template of the i-th ExtendedJob to a size. It adds some
// environment variables, and a script of random characters, which hardly
// compresses.
func enlarge(ej *ejob.Builder, i, size int) {
	random := rand.New(rand.NewPCG(0, uint64(i)))
	main := &ej.PodSpec().Containers[0]
	for v := range variables {
		main.Env = append(main.Env, corev1.EnvVar{Name: fmt.Sprintf("VARIABLE_%d", v), Value: characters(random, 32)})
	}
	main.Command = []string{"/bin/sh", "-c", ""}
	template, _ := json.Marshal(ej.Obj().Spec.JobTemplate) // cannot fail for plain data
	main.Command[2] = characters(random, max(0, size-len(template)))
}

func characters(random *rand.Rand, n int) string {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return base64.StdEncoding.EncodeToString(data)[:n]
}

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
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// words are what names, paths and scripts are made of here.
var words = strings.Fields(`account address agent archive artifact backup balance batch bucket cache catalog certificate
channel check cluster config connection console container credential customer data database default deploy directory
disk domain endpoint engine entry error event export failover file filter flag folder format gateway group handler
header health history host image import index input instance interval invoice item job journal key label latency ledger
level limit listener load lock log login mail manifest master memory message metric migrate mirror mode monitor mount
name network node notify object offset option order output owner page partition password path payload payment peer
period pipeline plan policy pool port prefix primary probe process profile proxy publish query queue quota range rate
reader record region registry release remote replica report request reset resource restore result retry role rollback
route runner sample schedule schema script secret segment server service session shard signal site snapshot source
stage standby start state status stop storage stream subject sync system table target task template tenant thread
threshold timeout token topic trace traffic transfer trigger tunnel update upload usage user value vault verify version
volume wait warehouse watch webhook window worker writer zone`)

// enlarge brings the template of the i-th ExtendedJob to a size, half of it by
// environment variables and half by a script. It is as hard to compress as what
// people write: the value of every second variable is random.
func enlarge(ej *ejob.Builder, i, size int) {
	random := rand.New(rand.NewPCG(0, uint64(i)))
	word := func() string { return words[random.IntN(len(words))] }
	length := func() int {
		content, _ := json.Marshal(ej.Obj().Spec.JobTemplate) // plain data
		return len(content)
	}
	main := &ej.PodSpec().Containers[0]
	for length() < size/2 {
		main.Env = append(main.Env,
			corev1.EnvVar{Name: strings.ToUpper(word() + "_" + word() + "_" + word()), Value: fmt.Sprintf("%x%x", random.Uint64(), random.Uint64())},
			corev1.EnvVar{Name: strings.ToUpper(word() + "_" + word() + "_URL"), Value: fmt.Sprintf("https://%s.%s.example.com:%d/%s", word(), word(), 1024+random.IntN(30000), word())})
	}
	missing := size - length()
	var script strings.Builder
	for script.Len() < missing {
		fmt.Fprintf(&script, "%s --%s=$%s /%s/%s-%d | %s %s\n", word(), word(), strings.ToUpper(word()), word(), word(), random.IntN(1000), word(), word())
	}
	main.Command = []string{"/bin/sh", "-c", script.String()}
}

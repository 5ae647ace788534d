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
	"context"
	"fmt"
	"time"

	"k8s.io/utils/ptr"
)

// role is a way to use ExtendedJobs. Users play it one after the other, each with
// their own ExtendedJob.
type role struct {
	name  string
	begin func(name string) *user
	users []*user
}

// newRoles returns the roles of a namespace.
func newRoles(c connection, namespace string) []*role {
	var roles []*role
	add := func(name string, begin func(name string) *user) {
		roles = append(roles, &role{name: name, begin: begin})
	}
	for i := range 2 {
		add(fmt.Sprintf("requested-%d", i), func(name string) *user { return requester(c, printer(namespace, name)) })
		add(fmt.Sprintf("filed-%d", i), func(name string) *user { return requester(c, filer(namespace, name)) })
		add(fmt.Sprintf("pressed-%d", i), func(name string) *user { return presser(c, namespace, name, true) })
		add(fmt.Sprintf("failing-%d", i), func(name string) *user { return presser(c, namespace, name, false) })
		add(fmt.Sprintf("configured-%d", i), func(name string) *user { return configurer(c, namespace, name) })
	}
	return roles
}

// play triggers runs until faulty ends, and waits for the last one until ended does.
func (r *role) play(faulty, ended context.Context) {
	for faulty.Err() == nil {
		u := r.begin(fmt.Sprintf("%s-%d", r.name, len(r.users)))
		r.users = append(r.users, u)
		u.work(faulty, ended)
	}
}

// judge reports the results of the users, and what is wrong.
func (r *role) judge(ctx context.Context) (line string, problems []string) {
	var triggers, runs, succeeded, failed, lost, abandoned int64
	var longest time.Duration
	for _, u := range r.users {
		status, wrong := u.judge(ctx)
		for _, problem := range wrong {
			problems = append(problems, u.ej.Name+": "+problem)
		}
		triggers += u.triggers
		runs += ptr.Deref(status.Runs, 0)
		succeeded += ptr.Deref(status.Succeeded, 0)
		failed += ptr.Deref(status.Failed, 0)
		lost += int64(len(u.lost))
		abandoned += u.abandoned
		longest = max(longest, u.longest)
	}
	line = fmt.Sprintf("%s: %d ExtendedJobs, %d triggers, %d runs, %d succeeded, %d failed, longest %.1f s",
		r.name, len(r.users), triggers, runs, succeeded, failed, longest.Seconds())
	if lost > 0 {
		line += fmt.Sprintf(" (%d failed because the kubelet has no output)", lost)
	}
	if abandoned > 0 {
		line += fmt.Sprintf(" (deleted pods that the kubelet had abandoned: %d)", abandoned)
	}
	return line, problems
}

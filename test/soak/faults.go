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
	"bytes"
	"context"
	"fmt"
	"log"
	"maps"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/cluster"
)

const (
	clusterScript = "hack/cluster/cluster.sh"
	// calm and restless are the bounds of the time between two faults.
	calm, restless = 12 * time.Second, 4 * time.Second
	// cordoned is how long the node accepts no pods.
	cordoned = 8 * time.Second
)

// faults injects one fault after another.
type faults struct {
	client.Client
	*rand.Rand
	kinds    map[string]func(context.Context) error
	injected map[string]int
}

func newFaults(c client.Client, random *rand.Rand) *faults {
	f := &faults{Client: c, Rand: random, injected: map[string]int{}}
	f.kinds = map[string]func(context.Context) error{
		"the operator's leader is killed": f.killLeader,
		"the node is cordoned":            f.cordon,
		"etcd is compacted":               func(ctx context.Context) error { return clusterCommand(ctx, "compact-etcd") },
	}
	for _, program := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "containerd"} {
		f.kinds[program+" is restarted"] = func(ctx context.Context) error { return clusterCommand(ctx, "restart", program) }
	}
	return f
}

// inject injects faults until ctx ends, each kind once before any is repeated.
func (f *faults) inject(ctx context.Context) {
	names := slices.Sorted(maps.Keys(f.kinds))
	for {
		for _, i := range f.Perm(len(names)) {
			select {
			case <-ctx.Done():
				return
			case <-time.After(restless + time.Duration(f.Int64N(int64(calm-restless)))):
			}
			log.Print(names[i])
			if err := f.kinds[names[i]](ctx); err == nil {
				f.injected[names[i]]++
			} else if ctx.Err() == nil {
				log.Printf("%s: %v", names[i], err)
			}
		}
	}
}

// killLeader deletes the leader's pod without grace.
func (f *faults) killLeader(ctx context.Context) error {
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: cluster.OperatorNamespace, Name: fissilev1.FieldManager}}
	if err := f.Get(ctx, client.ObjectKeyFromObject(lease), lease); err != nil {
		return err
	}
	name, _, _ := strings.Cut(ptr.Deref(lease.Spec.HolderIdentity, ""), "_")
	return f.Delete(ctx, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: cluster.OperatorNamespace, Name: name}}, client.GracePeriodSeconds(0))
}

// cordon keeps the node from accepting pods for a while.
func (f *faults) cordon(ctx context.Context) error {
	var nodes corev1.NodeList
	if err := f.List(ctx, &nodes); err != nil {
		return err
	}
	node := &nodes.Items[0]
	if err := f.setUnschedulable(ctx, node, true); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(cordoned):
	}
	// Even if the time for faults is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return wait.PollUntilContextCancel(ctx, interval, true, func(ctx context.Context) (bool, error) {
		return f.setUnschedulable(ctx, node, false) == nil, nil
	})
}

func (f *faults) setUnschedulable(ctx context.Context, node *corev1.Node, value bool) error {
	return f.Patch(ctx, node, client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"unschedulable":%t}}`, value)))
}

// clusterCommand runs a command of the local cluster.
func clusterCommand(ctx context.Context, arguments ...string) error {
	var output bytes.Buffer
	command := exec.CommandContext(context.WithoutCancel(ctx), clusterScript, arguments...)
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", clusterScript, strings.Join(arguments, " "), err, &output)
	}
	return nil
}

// report says how often each fault was injected.
func (f *faults) report() string {
	var report strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f.injected)) {
		fmt.Fprintf(&report, "%3d times %s\n", f.injected[name], name)
	}
	return report.String()
}

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

package integration

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"

	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// kubelet stands in for the node: the API server fetches the logs of its pods from
// it.
type kubelet struct {
	*httptest.Server
	node string

	mu    sync.Mutex
	logs  map[string]string // by "namespace/pod/container"
	down  bool
	fault fault
}

// fault is what goes wrong when the kubelet answers.
type fault int

const (
	noFault fault = iota
	// isDown fails before the answer begins.
	isDown
	// breaksOff ends the connection in the middle of the log.
	breaksOff
	// appendsError writes an error after the log, because it can no longer change the
	// status.
	appendsError
	// hangs sends half of the log, and then nothing as long as the client waits.
	hangs
	// isRotated sends the remaining part of a rotated log: its end.
	isRotated
)

// startKubelet starts the kubelet and registers its node.
func startKubelet(c client.Client) *kubelet {
	k := &kubelet{node: "node", logs: make(map[string]string)}
	k.Server = httptest.NewTLSServer(http.HandlerFunc(k.containerLogs))
	k.register(c)
	return k
}

// register creates the node that the kubelet is on.
func (k *kubelet) register(c client.Client) {
	host, port, err := net.SplitHostPort(k.Listener.Addr().String())
	Expect(err).NotTo(HaveOccurred())
	number, err := strconv.ParseInt(port, 10, 32)
	Expect(err).NotTo(HaveOccurred())

	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: k.node}}
	Expect(c.Create(context.Background(), node)).To(Succeed())
	node.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: host}}
	node.Status.DaemonEndpoints.KubeletEndpoint.Port = int32(number)
	Expect(c.Status().Update(context.Background(), node)).To(Succeed())
}

// print sets a container's log.
func (k *kubelet) print(pod *corev1.Pod, container, log string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.logs[pod.Namespace+"/"+pod.Name+"/"+container] = log
}

// lose forgets the logs of a Job's pods.
func (k *kubelet) lose(job *batchv1.Job) {
	k.mu.Lock()
	defer k.mu.Unlock()
	maps.DeleteFunc(k.logs, func(name, _ string) bool { return strings.HasPrefix(name, job.Namespace+"/"+job.Name+"-") })
}

// setDown makes the kubelet fail, or answer again.
func (k *kubelet) setDown(down bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.down = down
}

// failOnce causes a fault when the next log is read.
func (k *kubelet) failOnce(f fault) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fault = f
}

// vanish deletes the node that the kubelet is on, until it is registered again.
func (k *kubelet) vanish(c client.Client) {
	Expect(c.Delete(context.Background(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: k.node}})).To(Succeed())
}

func (k *kubelet) containerLogs(w http.ResponseWriter, r *http.Request) {
	log, found, f := k.next(strings.TrimPrefix(r.URL.Path, "/containerLogs/"))
	half := len(log) / 2
	switch {
	case f == isDown:
		http.Error(w, "the kubelet is not well", http.StatusInternalServerError)
	case !found:
		http.NotFound(w, r)
	case f == breaksOff || f == hangs:
		_, _ = io.WriteString(w, log[:half])
		w.(http.Flusher).Flush()
		if f == hangs {
			<-r.Context().Done()
		}
		panic(http.ErrAbortHandler)
	case f == appendsError:
		_, _ = io.WriteString(w, "unable to retrieve container logs for containerd://0123456789abcdef")
	case f == isRotated:
		_, _ = io.WriteString(w, log[half:])
	default:
		_, _ = io.WriteString(w, log) // fails only if nobody reads it
	}
}

// next returns the log to be read, and its fault.
func (k *kubelet) next(name string) (log string, found bool, f fault) {
	k.mu.Lock()
	defer k.mu.Unlock()
	log, found = k.logs[name]
	switch {
	case k.down:
		f = isDown
	case found:
		f, k.fault = k.fault, noFault
	}
	return log, found, f
}

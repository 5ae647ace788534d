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

// Soak runs ExtendedJobs on the local cluster while its parts fail, and counts
// afterwards whether a trigger was lost, a run made twice, or anything left
// behind:
//
//	soak -duration=30m [-seed=1]
//
// It prints a report, and fails if anything is wrong.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/cluster"
)

// patience is the time after the last fault within which everything must settle.
const patience = 2 * time.Minute

func main() {
	log.SetFlags(log.Ltime)
	duration := flag.Duration("duration", 30*time.Minute, "how long faults are injected")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "which faults, and when")
	flag.Parse()
	if err := soak(*duration, *seed); err != nil {
		log.Fatal(err)
	}
}

func soak(duration time.Duration, seed uint64) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := connect()
	if err != nil {
		return err
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "soak-"}}
	if err := c.Create(ctx, namespace); err != nil {
		return err
	}
	defer func() { _ = c.Delete(context.WithoutCancel(ctx), namespace) }()

	log.Printf("%s of faults in namespace %s, seed %d", duration, namespace.Name, seed)
	faulty, cancel := context.WithTimeout(ctx, duration)
	defer cancel()
	roles := newRoles(c, namespace.Name)
	var working sync.WaitGroup
	ended, end := context.WithTimeout(ctx, duration+patience)
	defer end()
	for _, role := range roles {
		working.Go(func() { role.play(faulty, ended) })
	}
	faults := newFaults(c, rand.New(rand.NewPCG(seed, 0)))
	faults.inject(faulty)
	working.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := clusterCommand(ctx, "status"); err != nil {
		return err
	}

	fmt.Print(faults.report())
	wrong := 0
	var users []*user
	for _, role := range roles {
		users = append(users, role.users...)
		line, problems := role.judge(ctx)
		fmt.Println(line)
		for _, problem := range problems {
			wrong++
			fmt.Printf("  WRONG: %s\n", problem)
		}
	}
	if problem := leftBehind(ctx, c, namespace.Name, users); problem != "" {
		wrong++
		fmt.Printf("WRONG: %s\n", problem)
	}
	if wrong > 0 {
		return fmt.Errorf("%d checks failed", wrong)
	}
	fmt.Println("The operator has lost, doubled and left behind nothing.")
	return nil
}

// connection is access to the cluster.
type connection struct {
	client.Client
	logs *kubernetes.Clientset
}

func connect() (c connection, err error) {
	config, err := cluster.Config()
	if err != nil {
		return c, err
	}
	config.Timeout = 10 * time.Second
	ctrl.SetLogger(logr.Discard())
	if c.logs, err = kubernetes.NewForConfig(config); err != nil {
		return c, err
	}
	c.Client, err = cluster.Connect(config)
	return c, err
}

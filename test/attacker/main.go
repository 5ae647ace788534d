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

// Attacker sends to the ports of the operator what no client of theirs should:
//
//	attacker ATTACK DURATION URL …
//
// It prints how often it got each answer. The end-to-end tests run it in a pod.
package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// patience is how long an attacker waits for an answer.
const patience = 2 * time.Second

// attack is a way to misuse a server.
type attack struct {
	// connections is the number of connections that are open at once.
	connections int
	// send sends a request, or a part of it.
	send func(w io.Writer, random *rand.Rand) error
}

var attacks = map[string]attack{
	"methods": {1, longMethod},
	"tokens":  {4, unknownToken},
	"endless": {2, endlessBody},
	"bodies":  {30, stalledBody},
	"headers": {210, stalledHeader},
	"random":  {4, randomRequest},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) < 3 {
		return errors.New("usage: attacker ATTACK DURATION URL")
	}
	attack, known := attacks[arguments[0]]
	if !known {
		return fmt.Errorf("unknown attack %q", arguments[0])
	}
	duration, err := time.ParseDuration(arguments[1])
	if err != nil {
		return err
	}
	var targets []*url.URL
	for _, argument := range arguments[2:] {
		target, err := url.Parse(argument)
		if err != nil {
			return err
		}
		targets = append(targets, target)
	}
	ctx, cancel := context.WithTimeout(context.Background(), duration)
	defer cancel()
	fmt.Println(attack.on(ctx, targets))
	return nil
}

// on attacks the targets until ctx ends, and returns how often it got each answer.
func (a attack) on(ctx context.Context, targets []*url.URL) string {
	var (
		attackers sync.WaitGroup
		mu        sync.Mutex
		answers   = map[string]int{}
	)
	for _, target := range targets {
		for range a.connections {
			attackers.Go(func() {
				random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
				for ctx.Err() == nil {
					answer := a.once(ctx, target, random)
					mu.Lock()
					answers[answer]++
					mu.Unlock()
				}
			})
		}
	}
	attackers.Wait()
	return summary(answers)
}

// once opens a connection and sends one request of the attack. It returns the code
// of the answer, or a description of what happened instead.
func (a attack) once(ctx context.Context, target *url.URL, random *rand.Rand) string {
	conn, err := dial(ctx, target)
	if err != nil {
		if !pause(ctx) {
			return "unfinished"
		}
		return "refused"
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	// An answer counts even if the connection failed because the server did not read
	// the rest of the request.
	sent := a.send(conn, random)
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "closed"
	}
	line, err := bufio.NewReader(io.LimitReader(conn, 1<<10)).ReadString('\n')
	fields := strings.Fields(line)
	switch {
	case len(fields) > 1 && strings.HasPrefix(line, "HTTP/1."):
		return fields[1]
	case ctx.Err() != nil:
		return "unfinished"
	case errors.Is(err, os.ErrDeadlineExceeded) && sent == nil:
		return "no answer"
	default:
		return "closed"
	}
}

func dial(ctx context.Context, target *url.URL) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if target.Scheme == "https" {
		dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
		return dialer.DialContext(ctx, "tcp", target.Host)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", target.Host)
}

// pause keeps a rejected attacker from spinning. It reports whether there is time
// left.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(10 * time.Millisecond):
		return true
	}
}

func summary(answers map[string]int) string {
	var all []string
	for answer, count := range answers {
		all = append(all, fmt.Sprintf("%s: %d", answer, count))
	}
	slices.SortFunc(all, cmp.Compare)
	return strings.Join(all, ", ")
}

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
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/scrape"
)

// hertz is the number of ticks per second in which Linux reports CPU time.
const hertz = 100

// cpuSample is the CPU time used so far, in seconds.
type cpuSample struct {
	// programs has the time of this process and its children, by name.
	programs map[string]float64
	// ended is the time of children that have exited.
	ended float64
	// busy and all are the times of the whole machine.
	busy, all float64
}

func sampleCPU() cpuSample {
	s := cpuSample{programs: make(map[string]float64)}
	if data, err := os.ReadFile("/proc/stat"); err == nil {
		line, _, _ := strings.Cut(string(data), "\n")
		for i, field := range strings.Fields(line)[1:9] { // user time includes that of guests
			ticks, _ := strconv.ParseFloat(field, 64) // the kernel writes numbers
			s.all += ticks / hertz
			if i != 3 && i != 4 { // idle, and waiting for the disk
				s.busy += ticks / hertz
			}
		}
	}
	var children syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children); err == nil {
		s.ended = time.Duration(children.Utime.Nano() + children.Stime.Nano()).Seconds()
	}
	for _, p := range ourProcesses() {
		s.programs[p.name] += p.cpu
	}
	return s
}

// process is this process or one of its children.
type process struct {
	pid  int
	name string
	// cpu is the CPU time that it has used, in seconds.
	cpu float64
}

func ourProcesses() []process {
	var processes []process
	self := os.Getpid()
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // fails only for a bad pattern
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // the process has exited
		}
		// The name is in parentheses, and may contain parentheses itself.
		open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
		fields := strings.Fields(string(data[end+1:]))
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parent, _ := strconv.Atoi(fields[1])
		if pid != self && parent != self {
			continue
		}
		user, _ := strconv.ParseFloat(fields[11], 64)
		system, _ := strconv.ParseFloat(fields[12], 64)
		processes = append(processes, process{pid, string(data[open+1 : end]), (user + system) / hertz})
	}
	return processes
}

// programsSince returns the CPU time of our programs since an earlier sample.
func (s cpuSample) programsSince(before cpuSample) map[string]float64 {
	used := make(map[string]float64)
	for name, seconds := range s.programs {
		used[name] = max(0, seconds-before.programs[name])
	}
	return used
}

// othersSince returns the share of the machine's CPU that other processes have used
// since an earlier sample.
func (s cpuSample) othersSince(before cpuSample) float64 {
	if s.all == before.all {
		return 0
	}
	others := s.busy - before.busy - (s.ours() - before.ours())
	return max(0, others) / (s.all - before.all)
}

// ours returns the CPU time of this process and its children, including those that
// have exited.
func (s cpuSample) ours() float64 {
	sum := s.ended
	for _, seconds := range s.programs {
		sum += seconds
	}
	return sum
}

// processMemory is the memory of a process, and the data that it has received, in
// bytes.
type processMemory struct {
	resident, peak, anonymous, received float64
}

// memoryOfProgram returns the memory of the child that runs a program.
func memoryOfProgram(name string) processMemory {
	for _, p := range ourProcesses() {
		if p.name == name {
			return memoryOf(p.pid)
		}
	}
	return processMemory{}
}

// availableMemory returns how much memory programs can still allocate, in bytes.
func availableMemory() float64 { return 1024 * kilobytes("/proc/meminfo", "MemAvailable") }

// kilobytes returns a value from a file of the kernel, or zero if the file does not
// contain it.
func kilobytes(file, wanted string) float64 {
	content, _ := os.ReadFile(file)
	for line := range strings.Lines(string(content)) {
		if key, value, _ := strings.Cut(line, ":"); key == wanted {
			number, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			return number
		}
	}
	return 0
}

// memoryOf returns the memory of a process, and how much it has read. A program
// that reads no files has received that much from the network.
func memoryOf(pid int) processMemory {
	var m processMemory
	directory := filepath.Join("/proc", strconv.Itoa(pid))
	status := filepath.Join(directory, "status")
	m.resident, m.peak, m.anonymous = 1024*kilobytes(status, "VmRSS"), 1024*kilobytes(status, "VmHWM"), 1024*kilobytes(status, "RssAnon")
	io, _ := os.ReadFile(filepath.Join(directory, "io"))
	for line := range strings.Lines(string(io)) {
		if value, ok := strings.CutPrefix(line, "rchar: "); ok {
			m.received, _ = strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return m
}

// liveInAPIServer returns how much memory is live in the API server, in bytes. It
// makes the API server collect garbage first.
func (c *cluster) liveInAPIServer(ctx context.Context) (float64, error) {
	server := c.clientset.Discovery().RESTClient()
	if err := server.Get().AbsPath("/debug/pprof/heap").Param("gc", "1").Do(ctx).Error(); err != nil {
		return 0, fmt.Errorf("collect garbage in the API server: %w", err)
	}
	body, err := server.Get().AbsPath("/metrics").Do(ctx).Raw()
	if err != nil {
		return 0, fmt.Errorf("read the metrics of the API server: %w", err)
	}
	families, err := scrape.Parse(body)
	return families.Sum("go_memstats_heap_alloc_bytes", nil), err
}

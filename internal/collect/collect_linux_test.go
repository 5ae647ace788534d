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

package collect

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
)

// childVariable makes the test's binary the collector, of files in this directory.
const childVariable = "COLLECTOR_OF_A_TEST"

func TestMain(m *testing.M) {
	directory := os.Getenv(childVariable)
	if directory == "" {
		os.Exit(m.Run())
	}
	collector{
		mountPath: func(container string) string {
			if container == "panic" {
				panic("there is no such container")
			}
			return filepath.Join(directory, container)
		},
		messageFile: filepath.Join(directory, "message"),
		log:         os.Stdout,
	}.atTermination(os.Args[1:])
	status, _ := os.ReadFile("/proc/self/status")
	_, _ = os.Stderr.Write(status)
}

// pod is where a collector runs: a directory with the files of the container main.
type pod struct {
	*testing.T
	directory string
	key       sealedfiles.PrivateKey
	config    sealedfiles.Config
	log       bytes.Buffer
	status    bytes.Buffer // of the process at its end, as Linux tells it
}

func newPod(t *testing.T, paths ...string) *pod {
	t.Helper()
	directory := t.TempDir()
	must(t, os.Chmod(filepath.Dir(directory), 0o755)) // others look at files in it, too
	must(t, os.Mkdir(filepath.Join(directory, "main"), 0o755))
	must(t, os.WriteFile(filepath.Join(directory, "message"), nil, 0o600))
	must(t, os.Chmod(filepath.Join(directory, "message"), 0o666))
	key, err := sealedfiles.DeriveKey([]byte("key"), "uid", 1, "nonce")
	must(t, err)
	p := &pod{T: t, directory: directory, key: key, config: sealedfiles.Config{
		Key: key.Public(), Run: sealedfiles.Run{Namespace: "default", UID: "uid", Number: 1}, MessageLimit: 4096,
	}}
	for _, path := range paths {
		p.config.Files = append(p.config.Files, sealedfiles.File{Container: "main", Path: path})
	}
	return p
}

func (p *pod) write(path string, data []byte) {
	p.Helper()
	must(p.T, os.WriteFile(filepath.Join(p.directory, "main", path), data, 0o644))
}

// collect runs the collector to its end, which comes after something is done.
func (p *pod) collect(args []string, log io.Writer, then func()) {
	p.Helper()
	command := exec.Command("/proc/self/exe", args...)
	command.Env = []string{childVariable + "=" + p.directory}
	command.Stdout, command.Stderr = log, &p.status
	if os.Getuid() == 0 {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	}
	must(p.T, command.Start())
	p.waitForCollector(command.Process.Pid)
	then()
	must(p.T, command.Process.Signal(syscall.SIGTERM))
	if err := command.Wait(); err != nil {
		p.Errorf("the collector ended with %v", err)
	}
}

// waitForCollector waits until the collector waits: it ignores SIGPIPE then.
func (p *pod) waitForCollector(pid int) {
	p.Helper()
	tick := time.Tick(5 * time.Millisecond)
	for range 2000 {
		<-tick
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		must(p.T, err)
		if p.number(status, "SigIgn", 16)&(1<<(syscall.SIGPIPE-1)) != 0 {
			return
		}
	}
	p.Fatal("the collector does not wait")
}

// number is one of the numbers in the status of a process.
func (p *pod) number(status []byte, name string, base int) uint64 {
	p.Helper()
	_, rest, _ := strings.Cut(string(status), name+":")
	number, err := strconv.ParseUint(strings.Fields(rest)[0], base, 64)
	must(p.T, err)
	return number
}

func (p *pod) message() string {
	p.Helper()
	message, err := os.ReadFile(filepath.Join(p.directory, "message"))
	must(p.T, err)
	return string(message)
}

// opened is what the operator makes of a frame.
func (p *pod) opened(frame sealedfiles.Frame, err error) []sealedfiles.Content {
	p.Helper()
	must(p.T, err)
	contents, err := frame.Open(p.key, p.config.Run, p.config.Files)
	must(p.T, err)
	return contents
}

func TestFilesAreCollectedAtTermination(t *testing.T) {
	p := newPod(t, "output.json", "missing")
	p.collect(p.config.Args(), &p.log, func() { p.write("output.json", []byte("canary")) })

	for channel, contents := range map[string][]sealedfiles.Content{
		"message": p.opened(sealedfiles.ParseMessage(p.message())), "log": p.opened(sealedfiles.ParseLog(&p.log)),
	} {
		if string(contents[0].Data) != "canary" || contents[1].Fault != sealedfiles.Missing {
			t.Errorf("by %s got %+v", channel, contents)
		}
	}
}

func TestLargeFilesAreInTheLogAlone(t *testing.T) {
	p := newPod(t, "large")
	data := make([]byte, sealedfiles.MaxFileSize)
	_, _ = rand.Read(data)
	p.write("large", data)
	p.collect(p.config.Args(), &p.log, func() {})
	if message := p.message(); message != "" {
		t.Errorf("there is a message of %d bytes", len(message))
	}
	if contents := p.opened(sealedfiles.ParseLog(&p.log)); !bytes.Equal(contents[0].Data, data) {
		t.Error("the data differ")
	}
}

func TestAFileOfAnotherUserIsUnreadable(t *testing.T) {
	p := newPod(t, "private", "closed/file")
	p.write("private", []byte("canary"))
	must(t, os.Chmod(filepath.Join(p.directory, "main/private"), 0))
	must(t, os.Mkdir(filepath.Join(p.directory, "main/closed"), 0))
	p.collect(p.config.Args(), &p.log, func() {})
	for i, content := range p.opened(sealedfiles.ParseLog(&p.log)) {
		if content.Fault != sealedfiles.Unreadable {
			t.Errorf("%s: got %+v", p.config.Files[i].Path, content)
		}
	}
}

// The collector does so whatever happens, or collect fails.
func TestTheCollectorExitsWithZero(t *testing.T) {
	t.Run("with arguments that are wrong", func(t *testing.T) {
		p := newPod(t)
		p.collect([]string{"--unknown"}, &p.log, func() {})
		if _, err := sealedfiles.ParseLog(&p.log); err == nil {
			t.Error("there is a frame")
		}
	})
	t.Run("after a panic", func(t *testing.T) {
		p := newPod(t)
		p.config.Files = []sealedfiles.File{{Container: "panic", Path: "file"}}
		p.collect(p.config.Args(), &p.log, func() {})
		if p.message() != "" {
			t.Error("there is a message")
		}
	})
	t.Run("with a full disk", func(t *testing.T) {
		p := newPod(t, "output.json")
		p.write("output.json", []byte("canary"))
		must(t, os.Remove(filepath.Join(p.directory, "message")))
		must(t, os.Symlink("/dev/full", filepath.Join(p.directory, "message")))
		p.collect(p.config.Args(), &p.log, func() {})
		if contents := p.opened(sealedfiles.ParseLog(&p.log)); string(contents[0].Data) != "canary" {
			t.Errorf("got %+v", contents)
		}
	})
	t.Run("with a log that is full", func(t *testing.T) {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		must(t, err)
		defer full.Close()
		p := newPod(t, "output.json")
		p.write("output.json", []byte("canary"))
		p.collect(p.config.Args(), full, func() {})
		if contents := p.opened(sealedfiles.ParseMessage(p.message())); string(contents[0].Data) != "canary" {
			t.Errorf("got %+v", contents)
		}
	})
	t.Run("with a log that nobody reads", func(t *testing.T) {
		reader, writer, err := os.Pipe()
		must(t, err)
		defer writer.Close()
		p := newPod(t, "missing")
		p.collect(p.config.Args(), writer, func() { must(t, reader.Close()) })
	})
}

// The limit of its container is 32 MiB.
func TestTheCollectorTakesLittleMemory(t *testing.T) {
	p := newPod(t)
	data := make([]byte, sealedfiles.MaxFileSize)
	_, _ = rand.Read(data)
	for i := range sealedfiles.MaxFiles {
		name := strconv.Itoa(i)
		if i < sealedfiles.MaxTotalSize/len(data) {
			p.write(name, data)
		} else {
			p.write(name, data[:len(data)/2])
		}
		p.config.Files = append(p.config.Files, sealedfiles.File{Container: "main", Path: name})
	}
	p.collect(p.config.Args(), io.Discard, func() {})
	if kilobytes := p.number(p.status.Bytes(), "VmHWM", 10); kilobytes > 28<<10 {
		t.Errorf("the collector took %d KiB", kilobytes)
	}
}

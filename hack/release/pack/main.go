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

// Pack makes the archives of a release of the kubectl plugin, the file with their
// checksums, and the manifest for krew. The programs are in directories named
// <os>-<architecture>. The result depends on the programs, the license, the version
// and the given time only.
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

func main() {
	log.SetFlags(0)
	r := release{}
	modified := flag.Int64("modified", 0, "time of the files in the archives, in seconds since 1970")
	flag.StringVar(&r.Version, "version", "", "version of the release")
	flag.StringVar(&r.license, "license", "LICENSE", "file with the license")
	flag.StringVar(&r.krew, "krew", "", "template of the manifest for krew")
	flag.StringVar(&r.output, "output", "dist", "directory to write to")
	flag.Parse()
	r.modified = time.Unix(*modified, 0).UTC()
	if flag.NArg() != 1 || r.Version == "" {
		log.Fatal("usage: pack -version VERSION -krew TEMPLATE DIRECTORY")
	}
	if err := r.make(flag.Arg(0)); err != nil {
		log.Fatal(err)
	}
}

type release struct {
	Version  string
	Archives []archive

	modified              time.Time
	license, krew, output string
}

// archive is one for a platform, as the manifest for krew knows it.
type archive struct {
	Name, OS, Architecture, Program, Checksum string
}

// make packs the programs in the directories below one.
func (r *release) make(programs string) error {
	directories, err := os.ReadDir(programs) // sorted by name
	if err != nil {
		return err
	}
	for _, directory := range directories {
		if err := r.pack(filepath.Join(programs, directory.Name())); err != nil {
			return err
		}
	}
	if err := r.writeChecksums(); err != nil {
		return err
	}
	return r.writeManifest()
}

func (r *release) pack(directory string) error {
	platform := filepath.Base(directory)
	system, architecture, ok := strings.Cut(platform, "-")
	if !ok {
		return fmt.Errorf("%s is not named <os>-<architecture>", directory)
	}
	a := archive{OS: system, Architecture: architecture, Program: "kubectl-ejob", Name: fmt.Sprintf("kubectl-ejob-%s-%s.tar.gz", r.Version, platform)}
	write := writeTar
	if system == "windows" {
		a.Program, a.Name, write = "kubectl-ejob.exe", fmt.Sprintf("kubectl-ejob-%s-%s.zip", r.Version, platform), writeZip
	}
	program, err := os.ReadFile(filepath.Join(directory, a.Program))
	if err != nil {
		return err
	}
	license, err := os.ReadFile(r.license)
	if err != nil {
		return err
	}
	content, err := write([]file{{"LICENSE", 0o644, license}, {a.Program, 0o755, program}}, r.modified)
	if err != nil {
		return err
	}
	a.Checksum = fmt.Sprintf("%x", sha256.Sum256(content))
	r.Archives = append(r.Archives, a)
	return r.write(a.Name, content)
}

// writeChecksums writes what sha256sum --check reads.
func (r *release) writeChecksums() error {
	var lines strings.Builder
	for _, a := range r.Archives {
		fmt.Fprintf(&lines, "%s  %s\n", a.Checksum, a.Name)
	}
	return r.write(fmt.Sprintf("kubectl-ejob-%s-checksums.txt", r.Version), []byte(lines.String()))
}

func (r *release) writeManifest() error {
	manifest, err := template.ParseFiles(r.krew)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := manifest.Option("missingkey=error").Execute(&text, r); err != nil {
		return err
	}
	_, body, _ := strings.Cut(text.String(), "\n") // without the comment about the template
	return r.write("ejob.yaml", []byte(body))
}

func (r *release) write(name string, content []byte) error {
	return os.WriteFile(filepath.Join(r.output, name), content, 0o644)
}

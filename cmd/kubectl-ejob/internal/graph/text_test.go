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

package graph

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files in testdata")

func plain(_ State, text string) string { return text }

// sketch makes a graph of lines such as "a > secret s > b": ExtendedJobs, and what
// has its kind before the name.
func sketch(lines ...string) *Graph {
	g := &Graph{}
	nodes := map[string]*Node{}
	for _, line := range lines {
		var from *Node
		for name := range strings.SplitSeq(line, " > ") {
			node := nodes[name]
			if node == nil {
				node = &Node{Namespace: "default", Kind: ExtendedJob, Name: name, State: Ready}
				if kind, rest, ok := strings.Cut(name, " "); ok {
					node.Kind, node.Name, node.State = Kind(kind), rest, None
				}
				nodes[name] = node
				g.Nodes = append(g.Nodes, node)
			}
			if from != nil {
				g.Edges = append(g.Edges, Edge{From: from, To: node})
			}
			from = node
		}
	}
	g.sort()
	return g
}

func TestText(t *testing.T) {
	for name, lines := range map[string][]string{
		"chain":     {"a > Secret a-main > b > Secret b-main > c"},
		"self-loop": {"ConfigMap limits > counter > Secret counter-main > counter"},
		"cycle":     {"ping > Secret ping-main > pong > Secret pong-main > ping"},
		"diamond": {
			"ConfigMap common > left > Secret left-main > join",
			"ConfigMap common > right > Secret right-main > join",
			"ConfigMap common > join",
		},
		"fan-out": {
			"Secret password > job-01 > Secret job-01-main", "Secret password > job-02", "Secret password > job-03", "Secret password > job-04",
			"Secret password > job-05", "Secret password > job-06", "Secret password > job-07", "Secret password > job-08 > Secret job-08-main > Deployment web",
		},
		"crossing": {"a > Secret 1 > z", "b > Secret 2 > y", "a > Secret 3 > y", "b > Secret 4 > z"},
		"apart":    {"one > Secret one-main > two", "three > Secret three-main", "alone", "also-alone"},
		"wide": {
			"ConfigMap " + strings.Repeat("configuration-", 12) + "x > " + strings.Repeat("errand-", 20) + "y > Secret s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			requireGolden(t, "testdata/"+name+".txt", sketch(lines...).Text(80, plain))
		})
	}
}

func TestTheOrderOfObjectsDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	drawn := func(g *Graph) string { return g.Text(120, plain) + g.Dot() + g.Mermaid() }
	want := drawn(chains(1, 200, 5))
	for range 5 {
		g := chains(1, 200, 5)
		random.Shuffle(len(g.Nodes), func(i, j int) { g.Nodes[i], g.Nodes[j] = g.Nodes[j], g.Nodes[i] })
		random.Shuffle(len(g.Edges), func(i, j int) { g.Edges[i], g.Edges[j] = g.Edges[j], g.Edges[i] })
		g.sort()
		if diff := cmp.Diff(want, drawn(g)); diff != "" {
			t.Fatalf("another order, another picture:\n%s", diff)
		}
	}
}

// chains is a graph of ExtendedJobs that each read what up to two of some before
// them wrote.
func chains(seed uint64, nodes, reach int) *Graph {
	random := rand.New(rand.NewPCG(seed, 4))
	var lines []string
	for i := range nodes / 2 {
		lines = append(lines, fmt.Sprintf("job-%03d > Secret job-%03d-main", i, i))
		for range random.IntN(3) {
			if i > 0 {
				from := max(i-1-random.IntN(reach), 0)
				lines = append(lines, fmt.Sprintf("Secret job-%03d-main > job-%03d", from, i))
			}
		}
	}
	return sketch(lines...)
}

func TestEveryNodeIsThereOnceInItsWidth(t *testing.T) {
	for seed := range uint64(20) {
		g := chains(seed, 200, 2)
		const width = 160
		picture := g.Text(width, plain)
		for _, node := range g.Nodes {
			title := "✓ " + node.title() + " │"
			if node.isData() {
				title = node.title()
			}
			if count := strings.Count(picture, title); count != 1 {
				t.Errorf("graph %d: %q is there %d times", seed, title, count)
			}
		}
		for line := range strings.Lines(picture) {
			if length := utf8.RuneCountInString(line) - 1; length > width {
				t.Errorf("graph %d: %q has %d columns", seed, line, length)
			}
		}
	}
}

func TestEveryEdgeHasAnArrow(t *testing.T) {
	for seed := range uint64(100) {
		for _, p := range chains(seed, 60, 30).parts("default") {
			d := newDrawing(p.nodes, p.edges, 120)
			d.setRows(120)
			for row := range len(d.rows) - 1 {
				requireWiresApart(t, d, row)
			}
			picture := strings.Join(d.draw().lines(plain), "\n")
			if arrows := strings.Count(picture, "▼"); arrows != len(p.edges) {
				t.Errorf("graph %d: %d arrows for %d edges", seed, arrows, len(p.edges))
			}
		}
	}
}

func TestWhatIsTooMuchForAPictureIsAList(t *testing.T) {
	var lines []string
	for i := range 20 {
		lines = append(lines, fmt.Sprintf("job-%02d > Secret s-%02d", i, i))
		for j := range i {
			lines = append(lines, fmt.Sprintf("Secret s-%02d > job-%02d", j, i))
		}
	}
	list := sketch(lines...).Text(60, plain)
	const begin = "✓ job-00\n  → Secret s-00 for job-01, job-02, "
	const end = "  ← Secret s-18 of job-18\n  → Secret s-19\n"
	if !strings.HasPrefix(list, begin) || !strings.HasSuffix(list, end) {
		t.Errorf("got\n%s", list)
	}
}

// Each ends right below where the other one begins.
func TestWiresThatChangeSidesAreApart(t *testing.T) {
	d := &drawing{}
	var items []*item
	for _, x := range []int{10, 30} {
		items = append(items, &item{box: &box{}, x: x, width: 9})
	}
	for i, x := range []int{30, 10} {
		to := &item{box: &box{}, x: x, width: 9}
		connect(items[i], to)
		d.nets = append(d.nets, &net{stops: map[int]*item{0: items[i]}})
		items = append(items, to)
	}
	d.rows = [][]*item{items[:2], {items[3], items[2]}}
	requireWiresApart(t, d, 0)
}

// requireWiresApart fails if the lines of two wires lie on each other: then nobody
// can tell where they lead.
func requireWiresApart(t *testing.T, d *drawing, row int) {
	t.Helper()
	wires, tracks := d.wires(row)
	columns, stretches := map[[2]int]*wire{}, map[int][]*wire{}
	occupy := func(w *wire, x, from, to int) {
		for y := from; y <= to; y++ {
			at := [2]int{x, y}
			if other := columns[at]; other != nil && other != w {
				t.Errorf("row %d: two wires lie on each other in column %d", row, x)
			}
			columns[at] = w
		}
	}
	for _, w := range wires {
		if w.straight() {
			occupy(w, w.top, 0, tracks)
			continue
		}
		occupy(w, w.top, 0, w.track)
		for _, b := range w.bottoms {
			occupy(w, b.x, w.track, tracks)
		}
		stretches[w.track] = append(stretches[w.track], w)
	}
	for _, inTrack := range stretches {
		slices.SortFunc(inTrack, func(a, b *wire) int {
			left, _ := a.extent()
			other, _ := b.extent()
			return left - other
		})
		for i := 1; i < len(inTrack); i++ {
			_, end := inTrack[i-1].extent()
			if begin, _ := inTrack[i].extent(); begin <= end {
				t.Errorf("row %d: two wires lie on each other in a track", row)
			}
		}
	}
}

func TestNamesAreShortenedOnlyForWidth(t *testing.T) {
	name := strings.Repeat("long-", 30) + "name"
	for line := range strings.SplitSeq(sketch(name+" > Secret s").Text(80, plain), "\n") {
		if length := utf8.RuneCountInString(line); length > 80 {
			t.Errorf("%q has %d columns", line, length)
		}
	}
	if picture := sketch(name+" > Secret s").Text(200, plain); !strings.Contains(picture, name) {
		t.Errorf("the name is shortened although there is room:\n%s", picture)
	}
}

func TestOnlyWhatHasAStateIsPainted(t *testing.T) {
	painted := sketch("a > Secret s").Text(80, func(state State, text string) string {
		return fmt.Sprintf("<%d>%s</>", state, text)
	})
	if !strings.Contains(painted, fmt.Sprintf("<%d>│ ✓ a │</>", Ready)) || strings.Contains(painted, ">Secret s") {
		t.Errorf("got\n%s", painted)
	}
}

func requireGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("to write %s, run go test ./internal/graph -update (-want +got):\n%s", file, diff)
	}
}

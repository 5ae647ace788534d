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

// Package docs runs the commands of the repository's documents. CONTRIBUTING.md says how documents are written for that.
package docs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/markdown"
)

// script holds the steps of a section of a document.
type script struct {
	steps []step
	// alone is the state of the operator that the section starts from, if it may change the operator.
	alone string
}

// The states of the operator that a section may start from. In all other sections, it is installed and left alone.
const (
	withOperator    = "with the operator"
	withoutOperator = "without the operator"
)

// step is a command, or several commands of one block.
type step struct {
	line    int
	command string
	input   string
	// output is the command's output, if the document shows it.
	output string
	// exits are the allowed exit codes.
	exits []int
}

// blocks maps the languages of blocks to whether these are commands.
var blocks = map[string]bool{"sh": true, "console": true, "diff": false, "go": false, "json": false, "mermaid": false, "text": false, "yaml": false}

// newScript returns an error if a part of the section cannot be interpreted.
func newScript(section markdown.Section) (script, error) {
	p := parser{exits: []int{0}}
	for _, part := range section.Parts {
		if err := p.read(part); err != nil {
			return script{}, fmt.Errorf("line %d: %w", part.Line, err)
		}
	}
	return p.script, p.checkPending(markdown.Part{})
}

// parser turns the parts of a section into a script.
type parser struct {
	script script
	// where replaces the placeholders that readers replace with their own values.
	where []string
	// pending is the comment that refers to the next block.
	pending, value string
	exits          []int
	// shown reports whether the previous part was a block of commands that ran.
	shown bool
}

func (p *parser) read(part markdown.Part) error {
	if err := p.checkPending(part); err != nil {
		return err
	}
	shown := p.shown && part.Follows
	p.shown = false
	if part.Comment {
		return p.readComment(part)
	}
	isCommand, isKnown := blocks[part.Language]
	if !isKnown {
		return fmt.Errorf("a block needs a language: sh, console, yaml, json, go, text, diff or mermaid, not %q", part.Language)
	}
	pending, value, exits := p.pending, p.value, p.exits
	p.pending, p.value, p.exits = "", "", []int{0}
	content := strings.NewReplacer(p.where...).Replace(part.Content)
	switch {
	case pending == "not run" && isCommand:
	case pending == "not run":
		return fmt.Errorf("a block of %s is not run anyway", part.Language)
	case pending == "pipe to" && isCommand:
		return errors.New("commands are run, and not piped")
	case pending == "pipe to":
		p.script.steps = append(p.script.steps, step{line: part.Line, command: value, input: content, exits: exits})
	case part.Language == "sh":
		p.script.steps = append(p.script.steps, step{line: part.Line, command: content, exits: exits})
		p.shown = true
	case part.Language == "console":
		return p.readConsole(part.Line, content)
	case part.Language == "text" && shown:
		p.script.steps[len(p.script.steps)-1].output = content
	}
	return nil
}

// checkPending returns an error if a comment refers to the next block, but the next part is not a block.
func (p *parser) checkPending(next markdown.Part) error {
	if p.pending != "" && (!next.Follows || next.Comment && !strings.HasPrefix(next.Content, "exits:")) {
		return fmt.Errorf("no block follows the comment %q", p.pending)
	}
	return nil
}

func (p *parser) readComment(part markdown.Part) error {
	name, value, isInstruction := strings.Cut(part.Content, ":")
	value = strings.TrimSpace(value)
	if !isInstruction || name != strings.ToLower(name) {
		return nil // It is for human readers.
	}
	switch name {
	case "run":
		p.script.steps = append(p.script.steps, step{line: part.Line, command: value, exits: []int{0}})
	case "not run", "pipe to":
		p.pending, p.value = name, value
	case "where":
		before, after, isReplacement := strings.Cut(value+" ", " = ")
		if !isReplacement {
			return fmt.Errorf("the comment does not say what to replace: %q", value)
		}
		p.where = append(p.where, before, strings.TrimSpace(after))
	case "exits":
		return p.readExits(value)
	case "alone":
		p.script.alone = value
		if value != withOperator && value != withoutOperator {
			return fmt.Errorf("a section is run alone %q or %q, not %q", withOperator, withoutOperator, value)
		}
		return nil
	default:
		return fmt.Errorf("unknown comment %q", name)
	}
	if value == "" {
		return fmt.Errorf("the comment %q says nothing", name)
	}
	return nil
}

func (p *parser) readExits(codes string) error {
	p.exits = nil
	codes, _, _ = strings.Cut(codes, ",") // the reason follows
	for code := range strings.FieldsSeq(codes) {
		exit, err := strconv.Atoi(code)
		if err != nil {
			return err
		}
		p.exits = append(p.exits, exit)
	}
	return nil
}

// readConsole reads commands that follow a prompt, each with its output.
func (p *parser) readConsole(line int, content string) error {
	var steps []step
	for text := range strings.Lines(content) {
		command, isCommand := strings.CutPrefix(text, "$ ")
		last := len(steps) - 1
		switch {
		case isCommand:
			steps = append(steps, step{line: line, command: command, exits: []int{0}})
		case last < 0:
			return errors.New("a console begins with a prompt, $ and a space")
		case steps[last].output == "" && strings.HasSuffix(steps[last].command, "\\\n"):
			steps[last].command += text
		default:
			steps[last].output += text
		}
	}
	p.script.steps = append(p.script.steps, steps...)
	return nil
}

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
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// ofGo returns the paragraphs of the comments of a Go file, and the messages of the
// errors that it makes.
func ofGo(name string, source []byte) (comments, errors []text, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, err
	}
	var found paragraphs
	for _, group := range file.Comments {
		if group.Pos() < file.Package && strings.Contains(group.List[0].Text, "Copyright") {
			continue
		}
		found.end()
		for _, comment := range group.List {
			addComment(&found, files.Position(comment.Pos()).Line, comment.Text)
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if message := messageOf(node); message != nil {
			if content, err := strconv.Unquote(message.Value); err == nil {
				errors = append(errors, text{files.Position(message.Pos()).Line, content})
			}
		}
		return true
	})
	return found.all, errors, nil
}

// addComment adds the prose of a line comment, without code blocks.
func addComment(found *paragraphs, line int, comment string) {
	content, ok := strings.CutPrefix(comment, "// ")
	switch {
	case !ok || strings.TrimSpace(content) == "" || strings.HasPrefix(content, "#") || strings.HasPrefix(content, "+"):
		found.end()
	case strings.HasPrefix(content, "  - "):
		found.end()
		found.add(line, strings.TrimPrefix(content, "  - "))
	default:
		found.add(line, strings.TrimSpace(content))
	}
}

// messageOf returns the message of errors.New or the format of fmt.Errorf.
func messageOf(node ast.Node) *ast.BasicLit {
	call, ok := node.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return nil
	}
	function, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || function.Sel.Name != "Errorf" && function.Sel.Name != "New" {
		return nil
	}
	if from, ok := function.X.(*ast.Ident); !ok || from.Name != "fmt" && from.Name != "errors" {
		return nil
	}
	message, _ := call.Args[0].(*ast.BasicLit)
	return message
}

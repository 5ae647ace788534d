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

// A template is a tree of maps, lists and scalars, as objects are, with these
// nodes in it.

// expression is what Helm makes a value of: "{{ … }}" after its key. INDENT stands
// for the indentation of what is below the key.
type expression string

// splice is the value of a key that is not written: "{{ … }}" stands for entries of
// the map beside the others.
type splice string

// choice is the first of its alternatives whose condition is true, or else the
// default.
type choice struct {
	alternatives []alternative
	otherwise    any // absent, if nothing is to be there
}

type alternative struct {
	condition string
	value     any // or absent
}

// absent is the value of a key that a map does not have.
type nothing struct{}

var absent = nothing{}

// when is a value that is there on a condition.
func when(condition string, value any) choice {
	return choice{alternatives: []alternative{{condition, value}}, otherwise: absent}
}

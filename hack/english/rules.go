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
	"regexp"
	"strings"
)

// rule is a pattern that a sentence must not match, and what to write instead.
type rule struct {
	pattern *regexp.Regexp
	advice  string
}

// ofSentences are the rules for documents and comments. CONTRIBUTING.md explains them.
var ofSentences = []rule{
	{regexp.MustCompile(`^(Who|What|Of (a|an|the|its|one|those|these|several|two|files|what|[A-Z])) .*\.\)?$`), "put the subject first"},
	{regexp.MustCompile(`^That (it|its|the|an?|nobody|somebody|there) .*\.$`), "put the subject first"},
	{regexp.MustCompile(`\btells whether\b`), `write "reports whether"`},
	{regexp.MustCompile(`\btells (that|what|which|why|how)\b`), `write "reports" or "describes"`},
	{regexp.MustCompile(`\b(by|for|from|[Oo]nly|to|with) who (?:\w+s|are|can|have|may|might|must|want|will)\b`), `write "anyone who"`},
	{regexp.MustCompile(`\b[Ff]or those who\b`), "name the readers"},
	{regexp.MustCompile(`\b(not|nobody|nothing|never|no)\b[^.;:]* any more\b`), `write "no longer"`},
	{regexp.MustCompile(`\bagain and again\b`), `write "repeatedly"`},
	{regexp.MustCompile(`\b(takes?|took|taken) back\b`), `write "withdraw" or "revert"`},
	{regexp.MustCompile(`\b(that|which) (is|are) no (JSON|YAML|flag|number|object|string|variable)\b`), `write "is not a"`},
	{regexp.MustCompile(`\b(bytes|KiB|MiB) in all([.,;:)]|$)`), `write "in total"`},
	{regexp.MustCompile(`, for (it|they) (\w+s|are|can|have|may|must|will)\b`), `write "because"`},
	{regexp.MustCompile(`^Whether .*\.\)?$`), "put the subject first"},
	{regexp.MustCompile(`\bthat there (is|are) not\b`), `write "that does not exist"`},
	{regexp.MustCompile(`\b(is|are) told( by| from| apart| first|[.,;])`), "say who reports what to whom"},
}

// ofErrors are the rules for messages of errors.
var ofErrors = []rule{
	{regexp.MustCompile(`^[Ii]t \w`), "name the subject"},
	{regexp.MustCompile(`^[Tt]here (is|are) (no|not)\b`), "begin with what is missing"},
}

// violations returns the rules that a sentence breaks, with what it broke them by.
func violations(rules []rule, sentence string) []string {
	var found []string
	for _, rule := range rules {
		if match := rule.pattern.FindString(sentence); match != "" {
			words := strings.Fields(match)
			found = append(found, strings.Join(words[:min(len(words), 8)], " ")+": "+rule.advice)
		}
	}
	return found
}

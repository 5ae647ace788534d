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

package query_test

import (
	"os"
	"strings"
	"testing"

	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/rules/query"
)

func TestEachAlertHasARunbook(t *testing.T) {
	groups, err := query.Alerts("../../../config")
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range groups {
		for _, rule := range group.Rules {
			url := rule.Annotations["runbook_url"]
			_, file, _ := strings.Cut(url, "/blob/main/")
			if content, err := os.ReadFile("../../../" + file); err != nil || !strings.HasPrefix(string(content), "# "+rule.Alert+"\n") {
				t.Errorf("the runbook of %s is %q: %v", rule.Alert, url, err)
			}
		}
	}
	if len(groups) == 0 {
		t.Error("there are no alerts")
	}
}

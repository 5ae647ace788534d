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

// Package query reads what Prometheus is asked: the expressions of the alerts and of
// the dashboard.
package query

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// Rule is a rule of Prometheus: an alert, or one that records a query.
type Rule struct {
	Alert       string            `json:"alert,omitempty"`
	Record      string            `json:"record,omitempty"`
	Expr        string            `json:"expr"`
	For         string            `json:"for,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Group is a group of rules.
type Group struct {
	Name  string `json:"name"`
	Rules []Rule `json:"rules"`
}

// variables are those of Grafana in queries, with a value.
var variables = strings.NewReplacer("$namespace", "extendedjob-system", "$__rate_interval", "5m")

// Alerts reads the alerts of the component prometheus.
func Alerts(config string) ([]Group, error) {
	content, err := os.ReadFile(filepath.Join(config, "components/prometheus/rules.yaml"))
	if err != nil {
		return nil, err
	}
	var object struct {
		Spec struct {
			Groups []Group `json:"groups"`
		} `json:"spec"`
	}
	err = yaml.Unmarshal(content, &object)
	return object.Spec.Groups, err
}

// Dashboard reads the queries of the component grafana, as rules that record them.
func Dashboard(config string) (Group, error) {
	content, err := os.ReadFile(filepath.Join(config, "components/grafana/extendedjob-operator.json"))
	if err != nil {
		return Group{}, err
	}
	var dashboard struct {
		Panels []struct {
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(content, &dashboard); err != nil {
		return Group{}, err
	}
	group := Group{Name: "dashboard"}
	for i, panel := range dashboard.Panels {
		for j, target := range panel.Targets {
			group.Rules = append(group.Rules, Rule{
				Record: fmt.Sprintf("dashboard:panel%d:%d", i+1, j+1),
				Expr:   variables.Replace(target.Expr),
			})
		}
	}
	return group, nil
}

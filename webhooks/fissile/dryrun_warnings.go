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

package fissile

import (
	"context"
	"regexp"
	"strings"

	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// newDryRunClient returns a client that puts warnings where the context of a request
// says.
func newDryRunClient(mgr ctrl.Manager) (client.Client, error) {
	config := rest.CopyConfig(mgr.GetConfig())
	config.WarningHandlerWithContext = warningCollector{}
	return client.New(config, client.Options{
		HTTPClient: mgr.GetHTTPClient(),
		Scheme:     mgr.GetScheme(),
		Mapper:     mgr.GetRESTMapper(),
		FieldOwner: fissilev1.FieldManager,
	})
}

type collectedWarnings struct{}

// collectWarnings returns a context for one request whose warnings are collected.
func collectWarnings(ctx context.Context, warnings *[]string) context.Context {
	return context.WithValue(ctx, collectedWarnings{}, warnings)
}

type warningCollector struct{}

func (warningCollector) HandleWarningHeaderWithContext(ctx context.Context, code int, _, text string) {
	const miscellaneous = 299 // the only code that Kubernetes uses
	if warnings, ok := ctx.Value(collectedWarnings{}).(*[]string); ok && code == miscellaneous {
		*warnings = append(*warnings, text)
	}
}

// warnedField matches a field that a warning about a Job begins with or quotes.
var warnedField = regexp.MustCompile(`^(?:spec|metadata)\.[^\s:]+|field "[^"]+"`)

// jobWarning returns a warning about a Job with the paths of the user's version.
func (m *manifest) jobWarning(fields *jobFields, text string) string {
	return warnedField.ReplaceAllStringFunc(text, func(match string) string {
		if path, ok := strings.CutPrefix(match, `field "`); ok {
			return `field "` + m.field(fields.inExtendedJob(strings.TrimSuffix(path, `"`))) + `"`
		}
		return m.field(fields.inExtendedJob(match))
	})
}

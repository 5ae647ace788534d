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

// Package fissile holds the webhooks of the group fissile.cloudfoundry.org.
package fissile

import (
	ctrl "sigs.k8s.io/controller-runtime"
)

// SetupWithManager makes mgr's webhook server serve the webhooks of ExtendedJob.
func SetupWithManager(mgr ctrl.Manager) error {
	converter, err := newConversionHandler()
	if err != nil {
		return err
	}
	mgr.GetWebhookServer().Register("/convert", converter)
	return nil
}

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

// Package v1 is the storage version and conversion hub of the ExtendedJob API.
//
// It imports apimachinery and k8s.io/api only, so that clients can use it
// without pulling in the operator.
// +kubebuilder:object:generate=true
// +groupName=fissile.cloudfoundry.org
package v1

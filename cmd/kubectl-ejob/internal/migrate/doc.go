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

// Package migrate rewrites the manifests of ExtendedJob's predecessors in v1:
//
//   - ExtendedJob of fissile.cloudfoundry.org/v1alpha1, with a pod template (cf-operator)
//     or, shortly before its end, with a Job template;
//   - ExtendedJob and QuarksJob of quarks.cloudfoundry.org/v1alpha1 (quarks-job).
//
// It works on the nodes of the YAML, so that comments and the order of fields stay.
// Fields that v1 has no place for are left out and reported.
package migrate

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

// Package graph makes a picture of who feeds whom: ConfigMaps and Secrets,
// the ExtendedJobs that read them, the Secrets that those write, and the workloads
// that use these.
//
// It is pure. [Build] makes a graph of objects, with the operator's own code where
// that finds references and names Secrets; [Graph.Text], [Graph.Dot] and
// [Graph.Mermaid] draw it, the same picture for the same objects in any order.
package graph

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

// Package versionedsecret implements versioned Secrets: a series of immutable
// Secrets under one base name, of which each holds one version of the same
// thing. Version 3 of "db-password" is the Secret "db-password-v3".
//
// A writer adds a version and never changes one. A reader names any version and
// is given the latest, or keeps the one that it began with; a rollback is a
// matter of names.
//
// # What makes a Secret a version
//
// A Secret is a version if, and only if, these agree:
//
//   - its name is <base>-v<ordinal>, the ordinal in decimal without leading
//     zeros;
//   - its label [LabelKind] is [Kind];
//   - its label [LabelVersion] is that ordinal.
//
// A name alone proves nothing: "app-v2" may be anybody's Secret. A Secret whose name
// and labels do not agree is passed over: it can neither become the latest version
// nor keep new ones from being made.
//
// Versions are compared as numbers (v10 follows v9), and may have gaps.
//
// # Adding a version
//
//	ordinal, err := versionedsecret.Next(secrets, "db-password", highestKnown)
//	...
//	err = client.Create(ctx, versionedsecret.New(secret, ordinal, "made by example-operator"))
//
// If several writers choose the same ordinal, one creates the Secret. The others
// learn that it already exists; they list the Secrets again, from the
// API server and not from a cache, and take the next ordinal. A writer that may
// have created its version before it was interrupted has to look for it first,
// by something of its own that it puts on the Secret, or a retry adds one more.
//
// # Functions, not a client
//
// Nothing here talks to an API server. All functions take Secrets, or their
// metadata alone, as the caller has listed them from one namespace.
package versionedsecret

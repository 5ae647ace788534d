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

package reference

// rehearsals are comments around the examples of commands. They tell the test that runs the commands of all documents what
// has to be there, what stands for a file or a value of the reader, and what is left to do.
var rehearsals = map[string]struct{ before, after string }{
	"cancel": {before: `<!-- run: kubectl apply --filename=test/docs/testdata/migrate.yaml -->
<!-- run: kubectl ejob run migrate --env=SLEEP=600 -->
`},
	"graph": {before: `<!-- run: kubectl apply --kustomize=config/samples/pipeline -->
<!-- run: command -v dot || install /dev/stdin "$PROGRAMS/dot" << 'PROGRAM'
#!/bin/sh
cat
PROGRAM
-->
`},
	"history": {before: `<!-- run: kubectl apply --filename=test/docs/testdata/migrate.yaml -->
<!-- run: kubectl ejob run migrate --wait -->
<!-- run: command -v jq || install /dev/stdin "$PROGRAMS/jq" << 'PROGRAM'
#!/bin/sh
cat
PROGRAM
-->
`},
	"lint": {before: `<!-- where: errand.yaml = config/samples/fissile_v1_errand.yaml -->
<!-- where: one-off.yaml = config/samples/fissile_v1_oneoff.yaml -->
<!-- where: template chart = template config/samples/helm -->
<!-- where: -R manifests = -R config/samples/files -->
`},
	"logs": {before: `<!-- run: kubectl apply --filename=test/docs/testdata/migrate.yaml -->
<!-- run: kubectl ejob run migrate --wait -->
<!-- where: --run=7 = --run=1 -->
`},
	"migrate": {before: `<!-- where: qjob.yaml = test/docs/testdata/qjob.yaml -->
<!-- run: kubectl apply --filename=test/docs/testdata/quarksjobs.yaml
kubectl wait --for=condition=Established --filename=test/docs/testdata/quarksjobs.yaml
kubectl apply --filename=test/docs/testdata/qjob.yaml -->
`, after: `<!-- run: kubectl apply --dry-run=server --filename=ejob.yaml --filename=ejobs.yaml
kubectl delete --filename=test/docs/testdata/quarksjobs.yaml -->
`},
	"output": {before: `<!-- run: sed 's/namePrefix.*/&\n    versioned: true/' test/docs/testdata/database.yaml | kubectl apply --filename=-
for run in 1 2 3; do kubectl ejob run database --wait; done -->
`},
	"resume": {before: `<!-- alone: with the operator -->
<!-- run: kubectl apply --filename=test/docs/testdata/migrate.yaml -->
`},
	"run": {before: `<!-- run: kubectl apply --filename=test/docs/testdata/migrate.yaml -->
<!-- where: $COMMIT = v1 -->
`},
	"status": {before: `<!-- run: kubectl apply --filename=test/docs/testdata/migrate.yaml -->
`},
	"suspend": {before: `<!-- run: kubectl apply --filename=test/docs/testdata/migrate.yaml -->
`},
	"why": {before: `<!-- run: kubectl apply --filename=test/docs/testdata/migrate.yaml -->
`},
}

# All tasks of this repository, for people and for CI: make help.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
# Targets that depend on each other, like deploy on cluster-load, keep their order
# even with -j. Go uses all processors anyway.
.NOTPARALLEL:
.DEFAULT_GOAL := help

# The same for builds, tests and linters, so that they share what is compiled.
export CGO_ENABLED := 0
export GOFLAGS += -trimpath

# The operator's version and image, to build and to deploy. "make manifests bundle catalog" copies them to all other
# places that state them.
VERSION := 0.1.0
IMAGE_NAME := ghcr.io/cloudfoundry-incubator/extendedjob-operator
IMG ?= $(IMAGE_NAME):v$(VERSION)

# The directory that the files of a release are written to.
DIST ?= dist

# Pinned tools: hack/tools/go.mod lists them, and Go builds them once.
TOOLS := bin/tools
ACTIONLINT := $(TOOLS)/actionlint
CLIENT_GENERATORS := $(addprefix $(TOOLS)/,applyconfiguration-gen client-gen informer-gen lister-gen)
CONTROLLER_GEN := $(TOOLS)/controller-gen
CRD_REF_DOCS := $(TOOLS)/crd-ref-docs
GOLANGCI_LINT := $(TOOLS)/golangci-lint
GOVULNCHECK := $(TOOLS)/govulncheck
HELM := $(TOOLS)/helm
HELM3 := $(TOOLS)/helm3
KWOK := $(TOOLS)/kwok
KUSTOMIZE := $(TOOLS)/kustomize
PROMETHEUS := $(TOOLS)/prometheus
PROMTOOL := $(TOOLS)/promtool
SHFMT := $(TOOLS)/shfmt
SYFT := $(TOOLS)/syft

# files are the repository's files that match, committed or not yet.
files = $(shell git ls-files --cached --others --exclude-standard -- $(1))
# Everything that the operator does not need is in separate Go modules.
MODULES = $(patsubst %/,%,$(dir $(call files,go.mod '*/go.mod')))
# Modules that only assemble third-party programs. To lint their main functions, linters
# would first analyse all of Kubernetes, for ten minutes.
ASSEMBLED_MODULES := hack/certmanager hack/cluster/kubernetes hack/cluster/kubernetes-oldest \
	hack/olm/operator-lifecycle-manager hack/olm/operator-sdk hack/tools hack/tools/golangci-lint hack/tools/helm hack/tools/kwok \
	hack/tools/promtool hack/tools/syft
LINTED_MODULES = $(filter-out $(ASSEMBLED_MODULES),$(MODULES))
TESTED_MODULES = $(foreach module,$(MODULES),$(if $(call files,'$(module)/*_test.go'),$(module)))
SCRIPTS = $(call files,'*.sh' .ci/run)
# module-version is the version of a module that the go.mod of a directory requires.
module-version = $(shell awk '$$1 == "$(1)" { print $$2 }' $(2)/go.mod)
# in runs a command in each directory.
in = @for directory in $(1); do echo "$$directory: $(2)"; (cd "$$directory" && $(2)); done

include cmd/kubectl-ejob/plugin.mk
include hack/cluster/cluster.mk
include hack/image/image.mk
include hack/olm/olm.mk
include hack/release/release.mk

##@ General

.PHONY: help
help: ## Show this help.
	@awk 'BEGIN { FS = ":.*## "; print "Usage: make <target>" } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Run an errand and a one-off on a cluster, kind or local, and show their output.
	@KUBECTL='$(KUBECTL)' hack/demo/demo.sh

.PHONY: clean
clean: ## Remove everything that was built. The local cluster must be down.
	@if CLUSTER=local hack/cluster/cluster.sh status > /dev/null; then echo "error: the cluster is up; stop it: make cluster-down" >&2; exit 1; fi
	@[ ! -e bin/envtest ] || chmod -R u+w bin/envtest # setup-envtest makes files read-only
	rm -rf bin

##@ Development

.PHONY: build
build: ## Build the manager: bin/manager.
	go build -o bin/manager .

# By default the host of the local cluster, else the first address of this machine.
RUN_HOST ?= $(if $(filter local,$(CLUSTER)),10.250.0.254,$(shell hostname -I | cut -d ' ' -f 1))
RUN_FLAGS ?=
.PHONY: run
run: build $(KUSTOMIZE) ## Run the manager on this machine, with the step log, against the cluster; RUN_FLAGS adds flags.
	@KUBECTL='$(KUBECTL)' KUSTOMIZE=$(CURDIR)/$(KUSTOMIZE) IMG=$(IMG) RUN_HOST=$(RUN_HOST) hack/run/run.sh $(RUN_FLAGS)

.PHONY: generate
generate: $(CONTROLLER_GEN) $(CLIENT_GENERATORS) ## Generate the deep copy functions of the API types, and their typed clients.
	$(CONTROLLER_GEN) object:headerFile=hack/boilerplate.go.txt paths=./api/...
	TOOLS=$(TOOLS) hack/clients.sh

.PHONY: manifests
manifests: $(CONTROLLER_GEN) $(KUSTOMIZE) ## Generate the CRD, the webhook configuration, the operator's ClusterRole and the Helm chart.
	$(CONTROLLER_GEN) crd:generateEmbeddedObjectMeta=true paths=./api/fissile/... output:crd:dir=config/crd/bases
	go run ./hack/trimcrd config/crd/bases/*.yaml
	$(CONTROLLER_GEN) rbac:roleName=manager-role webhook paths=. paths=./controllers/... paths=./internal/... paths=./webhooks/... \
		output:rbac:dir=config/rbac output:webhook:dir=config/webhook
	cd config/manager && $(CURDIR)/$(KUSTOMIZE) edit set image manager=$(IMAGE_NAME):v$(VERSION)
	go run ./hack/namespaced config/overlays/namespaced config/rbac/role.yaml
	go run ./hack/chart $(VERSION) dist/chart

# api-reference generates the reference of an API package.
api-reference = $(CRD_REF_DOCS) --log-level=ERROR --config=hack/crd-ref-docs.yaml --renderer=markdown \
	--source-path=api/$(1) --output-path=docs/reference/$(2)

.PHONY: docs
docs: $(CRD_REF_DOCS) ## Generate the API reference, the tables of refusals and behaviours, and the page of the kubectl plugin.
	$(call api-reference,fissile/v1,extendedjob-v1.md)
	$(call api-reference,fissile/v1alpha1,extendedjob-v1alpha1.md)
	$(call api-reference,config/v1alpha1,operatorconfiguration-v1alpha1.md)
	go test ./webhooks/fissile -run TestTheReferenceIsUpToDate -update
	go test ./test/markdown -run TestEachBehaviourIsTestedAndEachNumberIsABehaviour -update
	go test -C cmd/kubectl-ejob ./internal/reference -run TestThePageIsUpToDate -update
	go test -C cmd/kubectl-ejob ./internal/graph -run TestThePipelineOfTheSamples -update

.PHONY: fmt
fmt: $(GOLANGCI_LINT) $(SHFMT) ## Format Go and shell.
	$(GOLANGCI_LINT) fmt
	$(SHFMT) --write $(SCRIPTS)

.PHONY: tidy
tidy: ## Tidy all Go modules.
	$(call in,$(MODULES),go mod tidy)

##@ Checks

.PHONY: verify
verify: verify-generated verify-chart verify-fmt verify-tidy verify-english lint lint-api lint-scripts lint-workflows ## Run all static checks.

GENERATED := 'api/**/zz_generated.*.go' client-go/applyconfiguration client-go/clientset client-go/informers client-go/listers \
	config/crd/bases config/rbac/role.yaml config/webhook/manifests.yaml \
	config/manager/kustomization.yaml config/overlays/namespaced/generated dist/chart bundle bundle.Dockerfile catalog \
	docs/reference/extendedjob-v1.md docs/reference/extendedjob-v1alpha1.md docs/reference/operatorconfiguration-v1alpha1.md \
	docs/reference/refusals.md docs/behaviour.md docs/kubectl-ejob.md cmd/kubectl-ejob/internal/graph/testdata

.PHONY: verify-generated
verify-generated: generate manifests docs bundle catalog ## Check that generated files are up to date and known to git.
	@git diff --exit-code -- $(GENERATED) || { echo "error: generated files have changed; commit them" >&2; exit 1; }
	@new=$$(git ls-files --others --exclude-standard -- $(GENERATED)); \
		[ -z "$$new" ] || { echo "error: generated files are new; commit them: $$new" >&2; exit 1; }

.PHONY: verify-chart
verify-chart: ## Check that the Helm chart makes the same objects as kustomize, and refuses invalid values.
	go test -C test/chart ./...

.PHONY: verify-fmt
verify-fmt: $(GOLANGCI_LINT) ## Check the format of Go code. (lint-scripts checks that of shell scripts.)
	$(GOLANGCI_LINT) fmt --diff

.PHONY: verify-tidy
verify-tidy: ## Check that all Go modules are tidy.
	$(call in,$(MODULES),go mod tidy -diff)

.PHONY: verify-english
verify-english: ## Check comments and documents for sentences that a native speaker would not write.
	go run ./hack/english

.PHONY: vet
vet: ## Run go vet, which lint includes.
	$(call in,$(LINTED_MODULES),go vet -tags=e2e ./...)

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Lint Go.
	$(call in,$(LINTED_MODULES),$(CURDIR)/$(GOLANGCI_LINT) run --config=$(CURDIR)/.golangci.yml ./...)

.PHONY: lint-api
lint-api: $(GOLANGCI_LINT) ## Check that the API types follow Kubernetes' conventions.
	$(GOLANGCI_LINT) run --config=.golangci-kal.yml ./api/...

.PHONY: lint-scripts
lint-scripts: $(SHFMT) ## Check the syntax and the format of shell scripts, and lint them.
	@SHFMT=$(SHFMT) hack/lint-scripts.sh $(SCRIPTS)

.PHONY: lint-workflows
lint-workflows: $(ACTIONLINT) ## Lint the GitHub workflows and the scripts in them, and check that actions are pinned by digest.
	$(ACTIONLINT)
	@! grep --with-filename --line-number --extended-regexp 'uses: [^.#]*@' .github/workflows/*.yaml | \
		grep --invert-match --extended-regexp '@[0-9a-f]{40} # v[0-9]' || { echo "error: pin actions by digest, with the version in a comment" >&2; exit 1; }

# Not part of verify, because it needs a database on the internet.
.PHONY: vulnerabilities
vulnerabilities: $(GOVULNCHECK) ## Look for known vulnerabilities that the operator's code reaches.
	$(GOVULNCHECK) ./...

##@ Tests

# The kube-apiserver, etcd and kubectl that tests run on; see hack/test-assets.sh.
TEST_ASSETS = $(or $(KUBEBUILDER_ASSETS),$(CURDIR)/bin/test-assets)

.PHONY: test-assets
test-assets:
	@mkdir -p bin
	@hack/test-assets.sh bin/test-assets

.PHONY: test
test: test-modules test-integration ## Run the unit and integration tests; KUBEBUILDER_ASSETS=<directory> uses its kube-apiserver and etcd.

.PHONY: test-modules
test-modules: test-assets
	$(call in,$(TESTED_MODULES),KUBEBUILDER_ASSETS=$(TEST_ASSETS) go test -vet=off -timeout=20m -skip='^TestIntegration$$' ./...)

# integration-test runs the integration tests that a filter of labels selects, on the kube-apiserver in a directory.
integration-test = KUBEBUILDER_ASSETS=$(1) go tool ginkgo run --procs=3 --label-filter='$(2)' --timeout=20m --trace $(if $(FOCUS),--focus='$(FOCUS)') ./test/integration

.PHONY: test-integration
test-integration: test-assets ## Run the integration tests; FOCUS=<pattern> only those whose names match.
	$(call integration-test,$(TEST_ASSETS))

# The packages of the operator's module whose tests need nothing but Go.
UNIT_TESTED = . ./api/... ./cmd/... ./controllers/... ./internal/... ./webhooks/...
# Tests among them that walk through many states, crashes or objects, or wait for certificates or timeouts. Only "make
# test" runs them.
EXHAUSTIVE = TestModel|TestForgedKeys|TestAPasswordIsGeneratedOnce|TestFilesAreStoredOnceWhereverTheOperatorDies|$\
	TestMuchToTidyIsTidiedSoon|TestManyJobsWithoutPodsShareOneReadOfEvents|$\
	TestAnyV1alpha1ObjectSurvivesV1|TestAnyV1ObjectSurvivesV1alpha1|$\
	TestASecretThatCannotBeUsedIsReplacedWithoutACallerNoticing|TestParseHoldsLittleOfALogHoweverLongItIs|$\
	TestASlowClientIsCutOff|TestTheFirstRequestOfAConnectionMayComeLate|TestAnAnswerMayTakeLongerThanARequest

.PHONY: test-unit
test-unit: ## Run the unit tests, without the model check and other exhaustive tests, in seconds.
	go test -skip='^($(EXHAUSTIVE))$$' $(UNIT_TESTED)

# The number of templates that each generator makes, and the seed.
CASES ?= 1000
SEED ?= 1
# templates-test compares templates on the kube-apiserver in a directory.
templates-test = KUBEBUILDER_ASSETS=$(1) go test -C test/templates -count=1 -timeout=3h -v . -args -cases=$(CASES) -seed=$(SEED)

.PHONY: test-templates
test-templates: test-assets ## Compare how the API server treats Jobs and ExtendedJobs with the same template; CASES=20000 for a long run.
	$(call templates-test,$(TEST_ASSETS))

# The integration tests to run: by default those that another API server could make fail. COMPAT= runs all of them.
COMPAT ?= compat

.PHONY: test-compat
test-compat: CASES = 300
test-compat: kubernetes-oldest ## Run the tests that depend on the API server on the oldest supported Kubernetes; COMPAT= for all tests.
	$(call integration-test,$(OLDEST_KUBE_ASSETS),$(COMPAT))
	$(call templates-test,$(OLDEST_KUBE_ASSETS))

.PHONY: test-e2e
test-e2e: image plugin cluster-up cluster-load deploy ## Run the end-to-end tests on the cluster, which stays up.
	KUBECTL=$(KUBECTL_COMMAND) PLUGIN=$(CURDIR)/$(PLUGIN) go tool ginkgo run --tags=e2e --procs=4 --randomize-all --label-filter='!certificates' --timeout=30m --trace ./test/e2e
ifeq ($(CLUSTER),local)
	go test -count=1 -tags=e2e ./test/rbac # by the audit log, which only the local cluster has
endif

# An overlay that watches only some namespaces is tested in one of them.
.PHONY: test-smoke
test-smoke: image cluster-up cluster-load deploy ## Run the shortest end-to-end tests, with the overlay OVERLAY.
	KUBECTL=$(KUBECTL_COMMAND) E2E_NAMESPACE=$(if $(findstring namespaced,$(OVERLAY)),default) \
		go tool ginkgo run --tags=e2e --label-filter=smoke --timeout=10m --trace ./test/e2e

# An existing cluster keeps its operator; other clusters get it from the image that the documents name.
.PHONY: test-docs
test-docs: demo plugin $(HELM) ## Run the commands of all documents on the cluster, which stays up.
	KUBECTL=$(KUBECTL_COMMAND) PLUGIN=$(CURDIR)/$(PLUGIN) KUSTOMIZE=$(CURDIR)/$(KUSTOMIZE) HELM=$(CURDIR)/$(HELM) \
		go test -count=1 -tags=e2e -timeout=20m -parallel=8 $(if $(filter existing,$(CLUSTER)),-skip=TestTheCommandsThatChangeTheOperator) ./test/docs
	@$(MAKE) --no-print-directory --silent deploy > /dev/null # instead of the operator that these commands have left

.PHONY: test-attacks
test-attacks: image cluster-up cluster-load deploy ## Run only the end-to-end tests that attack the operator.
	KUBECTL=$(KUBECTL_COMMAND) go tool ginkgo run --tags=e2e --procs=2 --label-filter=attacks --timeout=10m --trace ./test/e2e

.PHONY: test-certificates
test-certificates: image cert-manager cluster-up cluster-load deploy ## Run the end-to-end tests of the overlays' certificates on the cluster, which stays up.
	@$(MAKE) --no-print-directory cluster-load IMAGE=$(CERT_MANAGER)/cert-manager.tar
	KUBECTL=$(KUBECTL_COMMAND) KUSTOMIZE=$(CURDIR)/$(KUSTOMIZE) IMG=$(IMG) IMAGE_ARCHIVE=$(IMAGE_ARCHIVE) CERT_MANAGER=$(CERT_MANAGER)/cert-manager.yaml \
		go tool ginkgo run --tags=e2e --label-filter=certificates --timeout=30m --trace ./test/e2e
	@$(MAKE) --no-print-directory --silent deploy > /dev/null # whichever overlay was tested last

.PHONY: test-demo
test-demo: cluster-up ## Run the demo on the local cluster as if it were a kind cluster.
	go test -count=1 -tags=e2e -run=OnKind -v ./test/scripts

SOAK ?= 30m
.PHONY: soak
soak: image cluster-up cluster-load deploy ## Run ExtendedJobs on the local cluster for the time SOAK while its components fail, and count the results.
	go run ./test/soak -duration=$(SOAK)

.PHONY: test-alerts
test-alerts: $(PROMETHEUS) $(PROMTOOL) $(if $(KUBEBUILDER_ASSETS),,kubernetes-binaries) ## Test the alerts with promtool, and evaluate them and the dashboard with a real Prometheus.
	@mkdir -p bin/alerts
	go run ./hack/rules config > bin/alerts/rules.yaml
	cp test/alerts/alerts.yaml bin/alerts
	$(PROMTOOL) check rules bin/alerts/rules.yaml
	$(PROMTOOL) test rules bin/alerts/alerts.yaml
	PROMETHEUS=$(CURDIR)/$(PROMETHEUS) KUBEBUILDER_ASSETS=$(or $(KUBEBUILDER_ASSETS),$(KUBE_ASSETS)) \
		go tool ginkgo run --label-filter=prometheus --timeout=10m --trace ./test/integration

# On a cluster that was made for tests, the operator is removed without asking.
.PHONY: test-chart
test-chart: $(HELM) $(HELM3) image cluster-up cluster-load ## Install, upgrade, roll back and uninstall the Helm chart on the cluster, with Helm 4 and 3.
	@$(MAKE) --no-print-directory undeploy CONFIRM=$(if $(filter existing,$(CLUSTER)),$(CONFIRM),yes) > /dev/null
	HELM=$(CURDIR)/$(HELM) HELM3=$(CURDIR)/$(HELM3) KUBECTL=$(KUBECTL_COMMAND) IMG=$(IMG) \
		go test -C test/chart -count=1 -tags=e2e -timeout=10m -v -run=OnTheCluster .

.PHONY: bench
bench: bench-programs ## Measure the operator's costs and write docs/benchmarks.md, in about an hour; SCENARIOS=a,b measures only these again.
	bin/bench/scale -only='$(SCENARIOS)' -report=docs/benchmarks.md -profiles=bin/bench/profiles

.PHONY: bench-smoke
bench-smoke: bench-programs ## Run all benchmarks with small numbers, and check their counts.
	bin/bench/scale -size=smoke

.PHONY: bench-programs
bench-programs: kubernetes-binaries build $(KWOK)
	go build -C test/scale -o $(CURDIR)/bin/bench/ . ./floor

##@ Deployment

# The overlay to deploy: config/default, or one of config/overlays.
OVERLAY ?= config/overlays/selfsigned

manifests-of-img = OVERLAY=$(OVERLAY) IMG=$(IMG) KUSTOMIZE=$(CURDIR)/$(KUSTOMIZE) hack/deployment.sh $(IMAGE_ARCHIVE)
only-crds = $(KUSTOMIZE) cfg grep --annotate=false kind=CustomResourceDefinition

# confirm asks before everything is deleted, unless CONFIRM=yes.
confirm = @if [ "$(CONFIRM)" != yes ]; then \
	echo "This deletes the CustomResourceDefinition, and with it ALL ExtendedJobs of the cluster, their Jobs, and the output Secrets that they own."; \
	read -r -p "Type yes to continue: " answer && [ "$$answer" = yes ] || { echo "Nothing was deleted. To skip this question, set CONFIRM=yes" >&2; exit 1; }; fi

.PHONY: deploy
deploy: $(KUSTOMIZE) ## Deploy the operator to the cluster, with the image IMG and the overlay OVERLAY.
	$(manifests-of-img) | $(KUBECTL) apply -f -

.PHONY: build-installer
build-installer: $(KUSTOMIZE) ## Write the manifests that deploy applies to dist/install.yaml.
	@mkdir -p $(DIST)
	OVERLAY=$(OVERLAY) IMG=$(IMG) KUSTOMIZE=$(CURDIR)/$(KUSTOMIZE) hack/deployment.sh > $(DIST)/install.yaml

.PHONY: undeploy
undeploy: $(KUSTOMIZE) ## Remove the operator, its CRD, and with it ALL ExtendedJobs and the Secrets they own.
	$(confirm)
	$(manifests-of-img) | $(KUBECTL) delete --ignore-not-found -f -

.PHONY: install
install: $(KUSTOMIZE) ## Install the CRD alone.
	$(manifests-of-img) | $(only-crds) | $(KUBECTL) apply -f -

.PHONY: uninstall
uninstall: $(KUSTOMIZE) ## Remove the CRD, and with it ALL ExtendedJobs and the Secrets they own.
	$(confirm)
	$(manifests-of-img) | $(only-crds) | $(KUBECTL) delete --ignore-not-found -f -

# A tool is built from the tool directive whose package has its name.
$(TOOLS)/%: hack/tools/go.mod hack/tools/go.sum
	@echo "Building $*"
	@go -C hack/tools build -o $(CURDIR)/$@ $$(go -C hack/tools list tool | grep -E '/$*(/v[0-9]+)?$$')

$(GOLANGCI_LINT): $(wildcard hack/tools/golangci-lint/*)
	@echo "Building golangci-lint: a minute"
	@go -C hack/tools/golangci-lint build -o $(CURDIR)/$@ .

$(HELM): helm-version := 4
$(HELM3): helm-version := 3
$(HELM) $(HELM3): hack/tools/helm/go.mod hack/tools/helm/go.sum
	@echo "Building Helm $(helm-version): a minute"
	@go -C hack/tools/helm build -o $(CURDIR)/$@ helm.sh/helm/v$(helm-version)/cmd/helm

# Without the service discovery of each cloud and the user interface, which the tests do not need.
$(PROMETHEUS) $(PROMTOOL): hack/tools/promtool/go.mod hack/tools/promtool/go.sum
	@echo "Building $(@F): 3 minutes"
	@go -C hack/tools/promtool build -tags=remove_all_sd -o $(CURDIR)/$@ github.com/prometheus/prometheus/cmd/$(@F)

$(KWOK) $(SYFT): $(TOOLS)/%: hack/tools/%/go.mod hack/tools/%/go.sum
	@echo "Building $*: up to 4 minutes"
	@go -C hack/tools/$* build -o $(CURDIR)/$@ tool

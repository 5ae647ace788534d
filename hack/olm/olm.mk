# The OLM bundle and catalog, and what they are tested with; see docs/releasing.md.

# operator-framework-version is the version of one of its modules, whose programs hack/olm/build.sh builds.
operator-framework-version = $(shell awk '$$1 == "github.com/operator-framework/$(1)" { print $$2 }' hack/olm/$(1)/go.mod)
OPERATOR_SDK_VERSION := $(call operator-framework-version,operator-sdk)
OLM_VERSION := $(call operator-framework-version,operator-lifecycle-manager)
OPERATOR_SDK := $(CURDIR)/bin/operator-sdk-$(OPERATOR_SDK_VERSION)/operator-sdk
OPM := $(CURDIR)/bin/operator-lifecycle-manager-$(OLM_VERSION)/opm

# Of a 0.x version not everything may stay as it is.
CHANNEL := candidate
BUNDLE_IMG ?= $(IMAGE_NAME)-bundle:v$(VERSION)
SCORECARD_IMG ?= $(IMAGE_NAME)-scorecard:v$(VERSION)
# operator-sdk's own tests, in its version.
SCORECARD_TEST_IMG := quay.io/operator-framework/scorecard-test:$(OPERATOR_SDK_VERSION)
CATALOG_IMG ?= $(IMAGE_NAME)-catalog:latest

##@ Operator Lifecycle Manager

.PHONY: operator-sdk
operator-sdk:
	@hack/olm/build.sh operator-sdk

.PHONY: operator-lifecycle-manager
operator-lifecycle-manager:
	@hack/olm/build.sh operator-lifecycle-manager

.PHONY: bundle
bundle: $(KUSTOMIZE) operator-sdk ## Generate the OLM bundle: bundle/ and bundle.Dockerfile.
	@IMG=$(IMG) SCORECARD_IMG=$(SCORECARD_IMG) SCORECARD_TEST_IMG=$(SCORECARD_TEST_IMG) VERSION=$(VERSION) CHANNEL=$(CHANNEL) KUSTOMIZE=$(CURDIR)/$(KUSTOMIZE) OPERATOR_SDK=$(OPERATOR_SDK) hack/olm/bundle.sh .

# operator-sdk does not run beside a PROJECT that is newer than it is.
.PHONY: bundle-validate
bundle-validate: operator-sdk ## Have operator-sdk judge the bundle.
	cd bin && $(OPERATOR_SDK) bundle validate ../bundle --select-optional suite=operatorframework
	cd bin && $(OPERATOR_SDK) bundle validate ../bundle --select-optional suite=operatorframework --optional-values=k8s-version=$(KUBERNETES_VERSION:v%=%)

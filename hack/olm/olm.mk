# The OLM bundle and catalog, and their tests; see docs/releasing.md.

# The programs that hack/olm/build.sh builds.
OPERATOR_SDK_VERSION := $(call module-version,github.com/operator-framework/operator-sdk,hack/olm/operator-sdk)
OLM_VERSION := $(call module-version,github.com/operator-framework/operator-lifecycle-manager,hack/olm/operator-lifecycle-manager)
OPERATOR_SDK := $(CURDIR)/bin/operator-sdk-$(OPERATOR_SDK_VERSION)/operator-sdk
OLM := $(CURDIR)/bin/operator-lifecycle-manager-$(OLM_VERSION)

# The API of a 0.x version may still change.
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

# The contents of a catalog's image for a platform; hack/olm/build.sh builds the same for this machine.
$(OLM)/linux_%/opm: hack/olm/operator-lifecycle-manager/go.mod hack/olm/operator-lifecycle-manager/go.sum
	@echo "Building opm for $*: 3 to 7 minutes on two cores, once"
	@mkdir -p $(@D)
	@GOOS=linux GOARCH=$* go build -C hack/olm/operator-lifecycle-manager -buildvcs=false -ldflags='-s -w' \
		-tags=containers_image_openpgp,exclude_graphdriver_btrfs,exclude_graphdriver_devicemapper,json1 \
		-o $(@D)/ github.com/operator-framework/operator-registry/cmd/opm github.com/grpc-ecosystem/grpc-health-probe

# bundle-of makes the bundle of a version, with an image, in a directory.
bundle-of = IMG=$(2) SCORECARD_IMG=$(SCORECARD_IMG) SCORECARD_TEST_IMG=$(SCORECARD_TEST_IMG) VERSION=$(1) \
	CHANNEL=$(CHANNEL) KUSTOMIZE=$(CURDIR)/$(KUSTOMIZE) OPERATOR_SDK=$(OPERATOR_SDK) hack/olm/bundle.sh $(3)
# catalog-of makes a catalog of bundles in a directory.
catalog-of = CHANNEL=$(CHANNEL) OPM=$(OLM)/opm hack/olm/catalog.sh $(1) $(2)
# olm-image makes an image in an archive; image-of makes one for this machine and loads it into the cluster.
olm-image = NAME=$(1) OLM=$(OLM) OPERATOR_SDK=$(dir $(OPERATOR_SDK)) IMAGE_TOOL=$(IMAGE_TOOL) hack/olm/images.sh $(2) $(3)
image-of = $(call olm-image,$(1),$(OLM_WORK)/$(firstword $(2)).tar,$(2)) && \
	hack/cluster/cluster.sh load $(OLM_WORK)/$(firstword $(2)).tar

.PHONY: bundle
bundle: $(KUSTOMIZE) operator-sdk ## Generate the OLM bundle: bundle/ and bundle.Dockerfile.
	@$(call bundle-of,$(VERSION),$(IMG),.)

# operator-sdk does not run beside a PROJECT file that is newer. One of its validators pulls the operator's image.
validate-bundle = cd bin && $(OPERATOR_SDK) bundle validate $(abspath $(1)) --select-optional='name!=multiarch'

.PHONY: bundle-validate
bundle-validate: operator-sdk ## Validate the bundle with operator-sdk.
	$(call validate-bundle,bundle)
	$(call validate-bundle,bundle) --optional-values=k8s-version=$(KUBERNETES_VERSION:v%=%)

.PHONY: catalog
catalog: operator-lifecycle-manager ## Generate the file-based catalog of the bundle, catalog/, and validate it with opm.
	@$(call catalog-of,catalog,bundle=$(BUNDLE_IMG))

.PHONY: scorecard
scorecard: operator-sdk $(IMAGE_TOOL) image cluster-up cluster-load deploy ## Run operator-sdk's scorecard on the bundle, with the operator on the local cluster.
	$(KUBECTL) --namespace=extendedjob-system rollout status deployment extendedjob-controller-manager --timeout=2m
	$(call image-of,$(SCORECARD_TEST_IMG),scorecard-test)
	$(call image-of,$(SCORECARD_IMG),scorecard)
	$(KUBECTL) apply -f test/scorecard/rbac.yaml
	cd bin && $(OPERATOR_SDK) scorecard ../bundle --namespace=scorecard --service-account=scorecard --wait-time=3m \
		--untar-image=docker.io/library/busybox:latest --storage-image=docker.io/library/busybox:latest

# The version to upgrade from: the same code, until there is a release.
PREVIOUS_VERSION := 0.0.1
OLM_WORK := bin/olm
OLM_IMG := quay.io/operator-framework/olm:$(OLM_VERSION)
OPM_IMG := quay.io/operator-framework/opm:$(OLM_VERSION)

.PHONY: test-olm
test-olm: operator-lifecycle-manager operator-sdk $(IMAGE_TOOL) $(KUSTOMIZE) image cluster-up cluster-load ## Install, upgrade and remove the bundle with OLM on the local cluster.
	@$(MAKE) --no-print-directory undeploy CONFIRM=yes
	IMG=$(IMAGE_NAME):v$(PREVIOUS_VERSION) VERSION=$(PREVIOUS_VERSION) hack/image/build.sh $(CURDIR)/$(OLM_WORK)/operator/operator.tar
	hack/cluster/cluster.sh load $(OLM_WORK)/operator/operator.tar
	$(call bundle-of,$(PREVIOUS_VERSION),$(IMAGE_NAME):v$(PREVIOUS_VERSION),$(OLM_WORK)/previous)
	$(call catalog-of,$(OLM_WORK)/catalog,$(OLM_WORK)/previous/bundle=$(IMAGE_NAME)-bundle:v$(PREVIOUS_VERSION) bundle=$(BUNDLE_IMG))
	$(call image-of,$(IMAGE_NAME)-bundle:v$(PREVIOUS_VERSION),bundle $(OLM_WORK)/previous/bundle)
	$(call image-of,$(BUNDLE_IMG),bundle bundle)
	$(call image-of,$(CATALOG_IMG),catalog $(OLM_WORK)/catalog)
	$(call image-of,$(OLM_IMG),olm)
	$(call image-of,$(OPM_IMG),opm)
	$(KUBECTL) apply --server-side -f $(OLM)/crds
	$(KUBECTL) wait --for=condition=Established crd --all --timeout=1m
	sed -e 's|@OLM_IMAGE@|$(OLM_IMG)|' -e 's|@OPM_IMAGE@|$(OPM_IMG)|' hack/olm/olm.yaml | $(KUBECTL) apply -f -
	$(KUBECTL) --namespace=olm rollout status deployment olm-operator catalog-operator --timeout=3m
	KUBECTL=$(KUBECTL_COMMAND) VERSION=$(VERSION) IMG=$(IMG) CHANNEL=$(CHANNEL) CATALOG_IMG=$(CATALOG_IMG) \
		go tool ginkgo run --tags=e2e --timeout=20m --trace ./test/olm

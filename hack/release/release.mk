# The parts of a release, and its rehearsal; see docs/releasing.md.

# The directory for everything that is pushed, so that no file of the repository changes.
RELEASE := bin/release
RELEASE_PLATFORMS := linux/amd64 linux/arm64
CHART_REPOSITORY := $(dir $(IMAGE_NAME))charts
CHART := $(CHART_REPOSITORY)/extendedjob-operator:$(VERSION)
# Pushes to a registry on this machine are not encrypted.
HELM_PUSH := $(HELM) push $(if $(filter 127.0.0.1:%,$(IMAGE_NAME)),--plain-http)
# The section of the changelog that becomes the release notes.
NOTES ?= $(VERSION)

publish = $(IMAGE_TOOL) publish $(RELEASE)/$(1)
# release-image builds an image for all platforms, and pushes it.
release-image = PLATFORMS='$(RELEASE_PLATFORMS)' $(call olm-image,$(1),$(RELEASE)/$(firstword $(2)).tar,$(2)) && $(call publish,$(firstword $(2)).tar)

##@ Release

.PHONY: version
version: ## Print the version.
	@echo $(VERSION)

.PHONY: release-artifacts
release-artifacts: $(IMAGE_TOOL) ## Build and push everything of a release of the last commit that needs no signature.
	@IMG=$(IMG) IMAGE_TOOL=$(IMAGE_TOOL) DIST=$(DIST) RELEASE=$(RELEASE) hack/release/artifacts.sh

.PHONY: release-rehearsal
release-rehearsal: $(IMAGE_TOOL) $(HELM) ## Build a release with a registry on this machine, and install it from there on the local cluster.
	@IMAGE_TOOL=$(IMAGE_TOOL) HELM=$(HELM) KUBECTL='$(KUBECTL)' VERSION=$(VERSION) hack/release/rehearse.sh

# The following are steps of release-artifacts, in this order.

.PHONY: release-operator
release-operator: $(IMAGE_TOOL) # Push the image that image-reproducible has built.
	$(call publish,image/extendedjob-operator.tar)

.PHONY: release-bundle
release-bundle: $(IMAGE_TOOL) $(KUSTOMIZE) operator-sdk # Push the bundle, with the operator's image IMG.
	@$(call bundle-of,$(VERSION),$(IMG),$(RELEASE))
	$(call validate-bundle,$(RELEASE)/bundle)
	$(call release-image,$(BUNDLE_IMG),bundle $(RELEASE)/bundle)
	rm -rf $(RELEASE)/operators
	mkdir -p $(RELEASE)/operators/extendedjob-operator
	cp hack/olm/ci.yaml $(RELEASE)/operators/extendedjob-operator
	cp -r $(RELEASE)/bundle $(RELEASE)/operators/extendedjob-operator/$(VERSION)

.PHONY: release-catalog
release-catalog: $(IMAGE_TOOL) operator-lifecycle-manager $(foreach platform,$(RELEASE_PLATFORMS),$(OLM)/$(subst /,_,$(platform))/opm) # Push the catalog, with the bundle by its digest.
	$(call catalog-of,$(RELEASE)/catalog,$(RELEASE)/bundle=$$($(IMAGE_TOOL) digest $(BUNDLE_IMG)))
	$(call release-image,$(CATALOG_IMG),catalog $(RELEASE)/catalog)

.PHONY: release-chart
release-chart: $(HELM) # Package and push the Helm chart, with the operator's image IMG.
	IMG=$(IMG) HELM=$(HELM) hack/release/chart.sh $(DIST)
	$(HELM_PUSH) $(DIST)/extendedjob-operator-$(VERSION).tgz oci://$(CHART_REPOSITORY)

.PHONY: release-sboms
release-sboms: $(IMAGE_TOOL) $(SYFT) # Write an SBOM of the operator's image for each platform.
	IMAGE_TOOL=$(IMAGE_TOOL) SYFT=$(SYFT) hack/release/sboms.sh $(IMG) $(DIST)

.PHONY: release-checksums
release-checksums: # Write the checksums of all files of the release.
	cd $(DIST) && rm -f checksums.txt && sha256sum -- *.* > $(CURDIR)/$(RELEASE)/checksums.txt
	mv $(RELEASE)/checksums.txt $(DIST)

.PHONY: release-images
release-images: $(IMAGE_TOOL) # Print the names of the images and of the chart, with their digests; the operator's first.
	@$(foreach image,$(IMG) $(BUNDLE_IMG) $(CATALOG_IMG) $(CHART),$(IMAGE_TOOL) digest $(image) &&) true

.PHONY: release-notes
release-notes: ## Print the changelog of the version.
	@awk '/^## / { found = index($$2, "[$(NOTES)]") } found && !/^## /' CHANGELOG.md | grep .

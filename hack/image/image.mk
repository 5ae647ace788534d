# The operator's image, built from Go modules alone; see hack/image/build.sh. IMG is its name and VERSION its version.

IMAGE_ARCHIVE := $(CURDIR)/bin/image/extendedjob-operator.tar

##@ Image

.PHONY: image
image: ## Build the image IMG for linux/amd64 and linux/arm64 as an OCI archive, without Docker.
	@IMG=$(IMG) VERSION=$(VERSION) hack/image/build.sh $(IMAGE_ARCHIVE)

.PHONY: docker-build
docker-build: ## Build the image IMG for this machine's platform with Docker.
	docker build --build-arg VERSION=$(VERSION) --tag $(IMG) .

# IMG, as it was pushed, by its digest: what the tag names may change.
digest-of = docker buildx imagetools inspect $(1) --format='$(1)@{{ .Manifest.Digest }}'

.PHONY: docker-push
docker-push: ## Build the image IMG for linux/amd64 and linux/arm64 with Docker, and push it.
	docker buildx build --platform=linux/amd64,linux/arm64 --build-arg VERSION=$(VERSION) --tag $(IMG) --push .

.PHONY: docker-digest
docker-digest: ## Print the name of the pushed image IMG with its digest.
	@$(call digest-of,$(IMG))

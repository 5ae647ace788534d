# The operator's image, built from Go modules alone; see hack/image/build.sh. IMG is its name and VERSION its version.

IMAGE_ARCHIVE := $(CURDIR)/bin/image/extendedjob-operator.tar

##@ Image

.PHONY: image
image: ## Build the image IMG for linux/amd64 and linux/arm64 as an OCI archive, without Docker.
	@IMG=$(IMG) VERSION=$(VERSION) hack/image/build.sh $(IMAGE_ARCHIVE)

.PHONY: image-reproducible
image-reproducible: ## Build the image of the last commit twice, from two clones, and compare the archives bit by bit.
	@IMG=$(IMG) VERSION=$(VERSION) hack/image/reproduce.sh

.PHONY: image-push
image-push: ## Push the image from its archive, as it is, with the credentials of "docker login".
	$(dir $(IMAGE_ARCHIVE))image publish $(IMAGE_ARCHIVE)

.PHONY: docker-build
docker-build: ## Build the image IMG for this machine's platform with Docker.
	docker build --build-arg VERSION=$(VERSION) --tag $(IMG) .

.PHONY: docker-build-ubi
docker-build-ubi: ## Build the same on Red Hat's UBI, which its certification asks for, as IMG-ubi.
	docker build --build-arg VERSION=$(VERSION) --build-arg BASE=ubi --tag $(IMG)-ubi .

# IMG, as it was pushed, by its digest: what the tag names may change.
digest-of = docker buildx imagetools inspect $(1) --format='$(1)@{{ .Manifest.Digest }}'

.PHONY: docker-digest
docker-digest: ## Print the name of the pushed image IMG with its digest.
	@$(call digest-of,$(IMG))

# The operator's image, built from Go modules alone; see hack/image/build.sh. IMG is its name and VERSION its version.

IMAGE_ARCHIVE := $(CURDIR)/bin/image/extendedjob-operator.tar
# The program that makes, pushes and serves images.
IMAGE_TOOL := $(TOOLS)/image

##@ Image

.PHONY: image
image: ## Build the image IMG for linux/amd64 and linux/arm64, or PLATFORMS, as an OCI archive, without Docker.
	@IMG=$(IMG) VERSION=$(VERSION) hack/image/build.sh $(IMAGE_ARCHIVE)

.PHONY: image-reproducible
image-reproducible: ## Build the image from the last commit, twice from two clones, the second time with an empty cache, and compare the archives.
	@IMG=$(IMG) VERSION=$(VERSION) hack/reproduce.sh hack/image/build.sh $(RELEASE)/image/extendedjob-operator.tar

.PHONY: docker-build
docker-build: ## Build the image IMG for this machine's platform with Docker.
	docker build --build-arg VERSION=$(VERSION) --tag $(IMG) .

.PHONY: docker-build-ubi
docker-build-ubi: ## Build the same on Red Hat's UBI, which its certification requires, as IMG-ubi.
	docker build --build-arg VERSION=$(VERSION) --build-arg BASE=ubi --tag $(IMG)-ubi .

$(IMAGE_TOOL): $(call files,hack/image)
	@go build -C hack/image -buildvcs=false -o $(CURDIR)/$@ .

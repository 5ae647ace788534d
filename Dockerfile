# Builds the operator's image with Docker. It is the same as that of "make image", which does not need Docker. The build
# needs only this base image and a Go module proxy.
ARG GO_IMAGE=golang:1.26
# The base of the image. Red Hat certifies images on UBI: --build-arg BASE=ubi, as in "make docker-build-ubi".
ARG BASE=scratch
ARG UBI_IMAGE=registry.access.redhat.com/ubi9/ubi-micro:9.6

FROM --platform=$BUILDPLATFORM $GO_IMAGE AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
WORKDIR /src/hack/image
RUN mkdir -p /rootfs/etc/ssl/certs /rootfs/licenses && cp /src/LICENSE /rootfs/licenses && \
    go run . ca-certificates > /rootfs/etc/ssl/certs/ca-certificates.crt
WORKDIR /src
ARG TARGETOS TARGETARCH VERSION=dev
RUN for program in manager=. collect=./cmd/collect; do \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X github.com/cloudfoundry-incubator/extendedjob-operator/internal/version.version=$VERSION" \
    -o "/rootfs/${program%=*}" "${program#*=}" || exit; done

FROM $UBI_IMAGE AS ubi

# "make image" takes the labels from here, one for each line. Red Hat's preflight requires the first seven.
FROM $BASE
ARG VERSION=dev
LABEL name="extendedjob-operator" \
      vendor="The ExtendedJob Authors" \
      maintainer="The ExtendedJob Authors" \
      version="$VERSION" \
      release="1" \
      summary="The operator of ExtendedJobs" \
      description="Runs ExtendedJobs: Kubernetes Jobs that run on demand or when their configuration changes, and keep their output" \
      org.opencontainers.image.title="extendedjob-operator" \
      org.opencontainers.image.description="Runs ExtendedJobs: Kubernetes Jobs that run on demand or when their configuration changes, and keep their output" \
      org.opencontainers.image.source="https://github.com/cloudfoundry-incubator/extendedjob-operator" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION"
COPY --from=build /rootfs /
USER 65532:65532
ENTRYPOINT ["/manager"]

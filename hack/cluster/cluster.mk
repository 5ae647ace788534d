# The cluster that the operator is tested and demonstrated on; see hack/cluster/README.md.
#
#   CLUSTER       local (default), kind or existing; make demo chooses kind if it is available
#   KUBE_CONTEXT  with CLUSTER=existing: the context of the user's kubeconfig
#
# In every mode, $(KUBECTL) is a command that talks to that cluster and to no other. Recipes find the context in the
# environment as KUBE_CONTEXT, together with KUBECONFIG if that is not the user's own.

ifeq ($(origin CLUSTER)$(filter demo,$(MAKECMDGOALS)),undefineddemo)
  CLUSTER := $(shell hack/demo/choose.sh)
endif
CLUSTER ?= local

# The Kubernetes of the local cluster and the integration tests. KUBE_ASSETS is a directory with its programs, in the
# layout of KUBEBUILDER_ASSETS.
KUBERNETES_VERSION := $(call module-version,k8s.io/kubernetes,hack/cluster/kubernetes)
KUBE_ASSETS := $(CURDIR)/bin/kubernetes-$(KUBERNETES_VERSION)
# The oldest Kubernetes that the operator supports: the minKubeVersion of its bundle.
OLDEST_KUBE_ASSETS := $(CURDIR)/bin/kubernetes-$(call module-version,k8s.io/kubernetes,hack/cluster/kubernetes-oldest)

ifeq ($(CLUSTER),local)
  CLUSTER_CONTEXT := extendedjob-local
  KUBECTL_COMMAND := $(KUBE_ASSETS)/kubectl
  export KUBECONFIG := $(CURDIR)/.cluster/kubeconfig
  export NO_PROXY := $(shell bash -c '. hack/cluster/local/env.sh && echo "$$NO_PROXY"')
else ifeq ($(CLUSTER),kind)
  CLUSTER_CONTEXT := kind-extendedjob
  KUBECTL_COMMAND := kubectl
else ifeq ($(CLUSTER),existing)
  CLUSTER_CONTEXT := $(or $(KUBE_CONTEXT),$(error CLUSTER=existing needs KUBE_CONTEXT=<a context of your kubeconfig>))
  KUBECTL_COMMAND := kubectl
else
  $(error CLUSTER=$(CLUSTER) is not known: it is local, kind or existing)
endif

KUBE_CONTEXT ?= $(CLUSTER_CONTEXT)
ifneq ($(KUBE_CONTEXT),$(CLUSTER_CONTEXT))
  $(error KUBE_CONTEXT=$(KUBE_CONTEXT) needs CLUSTER=existing, too)
endif
KUBECTL := $(KUBECTL_COMMAND) --context=$(KUBE_CONTEXT)
export CLUSTER KUBE_CONTEXT

##@ Cluster

.PHONY: cluster-up
cluster-up: ## Start the cluster, unless it is up.
	@hack/cluster/cluster.sh up

.PHONY: cluster-down
cluster-down: ## Stop the cluster and remove everything that belongs to it.
	@hack/cluster/cluster.sh down

.PHONY: cluster-status
cluster-status: ## Say whether the cluster is up, and how to use it.
	@hack/cluster/cluster.sh status || true

.PHONY: cluster-load
cluster-load: IMAGE ?= $(IMAGE_ARCHIVE)
cluster-load: ## Load the images of an archive, IMAGE=<file>, into the cluster; by default the operator's.
	@IMG=$(if $(filter file,$(origin IMG)),,$(IMG)) hack/cluster/cluster.sh load $(IMAGE)

.PHONY: cluster-test
cluster-test: ## Test the local cluster itself. It must be down.
	@hack/cluster/test.sh

.PHONY: kubernetes-binaries
kubernetes-binaries: ## Build kube-apiserver, etcd and kubectl, unless they exist.
	@hack/cluster/local/build.sh kubernetes

.PHONY: kubernetes-oldest
kubernetes-oldest: ## Build the kube-apiserver of the oldest Kubernetes that the operator supports, with the same etcd and kubectl.
	@hack/cluster/local/build.sh oldest

CERT_MANAGER := $(CURDIR)/bin/cert-manager

.PHONY: cert-manager
cert-manager: ## Build cert-manager for test clusters, unless it exists.
	@hack/certmanager/build.sh $(CERT_MANAGER)

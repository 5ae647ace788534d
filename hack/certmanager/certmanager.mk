# cert-manager for test clusters, from Go modules; see hack/certmanager/build.sh.

CERT_MANAGER := $(CURDIR)/bin/cert-manager

##@ cert-manager

.PHONY: cert-manager
cert-manager: ## Build cert-manager for test clusters, unless it exists.
	@hack/certmanager/build.sh $(CERT_MANAGER)

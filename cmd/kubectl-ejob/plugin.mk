# The kubectl plugin: kubectl ejob.

PLUGIN := bin/plugin/kubectl-ejob

##@ Plugin

.PHONY: plugin
plugin: ## Build the kubectl plugin: bin/plugin/kubectl-ejob.
	go build -C cmd/kubectl-ejob -o $(CURDIR)/$(PLUGIN) .

.PHONY: plugin-release
plugin-release: ## Build the archives of the plugin for all platforms, with checksums and a manifest for krew: dist/kubectl-ejob-*, dist/ejob.yaml.
	VERSION=$(VERSION) hack/release/plugin.sh $(DIST)

.PHONY: plugin-reproducible
plugin-reproducible: ## Build these archives from the last commit, twice from two clones, the second time with an empty cache, and compare them.
	@VERSION=$(VERSION) hack/reproduce.sh hack/release/plugin.sh $(DIST)

# The kubectl plugin: kubectl ejob.

PLUGIN := bin/plugin/kubectl-ejob

##@ Plugin

.PHONY: plugin
plugin: ## Build the kubectl plugin: bin/plugin/kubectl-ejob.
	go build -C cmd/kubectl-ejob -o $(CURDIR)/$(PLUGIN) .

#!/usr/bin/env bash

# Generates the typed clients of the API, client-go, like code-generator's
# kube_codegen.sh. TOOLS is the directory with the generators.

set -euo pipefail

module=$(go list -m)
apis=("$module/api/fissile/v1" "$module/api/fissile/v1alpha1")
# The generated parts, so that nothing remains of removed types.
rm -rf client-go/{applyconfiguration,clientset,informers,listers}

# generate runs a generator for a part of client-go.
generate() {
  local generator=$1 part=$2
  shift 2
  "$TOOLS/$generator" --go-header-file=hack/boilerplate.go.txt --output-dir="client-go/$part" --output-pkg="$module/client-go/$part" "$@"
}

# Without those of client-go, an apply would own each empty field of a template.
generate applyconfiguration-gen applyconfiguration \
  --external-applyconfigurations=k8s.io/api/batch/v1.JobTemplateSpec:k8s.io/client-go/applyconfigurations/batch/v1 \
  --external-applyconfigurations=k8s.io/api/core/v1.EnvVarSource:k8s.io/client-go/applyconfigurations/core/v1 \
  --external-applyconfigurations=k8s.io/api/core/v1.PodTemplateSpec:k8s.io/client-go/applyconfigurations/core/v1 \
  "${apis[@]}"
generate client-gen clientset --clientset-name=versioned --input-base="$module/api" --input=fissile/v1,fissile/v1alpha1 \
  --apply-configuration-package="$module/client-go/applyconfiguration"
generate lister-gen listers "${apis[@]}"
generate informer-gen informers --versioned-clientset-package="$module/client-go/clientset/versioned" \
  --listers-package="$module/client-go/listers" "${apis[@]}"

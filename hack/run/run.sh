#!/usr/bin/env bash
#
# Runs the manager on this machine instead of in the cluster: KUBECTL=<command> KUSTOMIZE=<file> IMG=<image>
# RUN_HOST=<an address of this machine that the API server can reach> run.sh [flag of the manager]...
#
# Everything but the pods is deployed as in config/overlays/selfsigned. The process has the token of the operator's
# service account, so permissions and admission policies apply to it as in the cluster. The webhooks' Service is
# replaced by one that leads to this machine.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
namespace=extendedjob-system
work=bin/run
rm -rf "$work"
mkdir -p "$work"

if [ -z "$RUN_HOST" ]; then
  echo "error: set RUN_HOST to an address of this machine that the API server can reach" >&2
  exit 1
fi
cp hack/run/*.yaml "$work"
sed -i "s/RUN_HOST/$RUN_HOST/" "$work/service.yaml"
sed -i "s|IMG|$IMG|" "$work/operator.yaml"
"$KUSTOMIZE" build "$work" | $KUBECTL apply -f - > /dev/null
$KUBECTL --namespace="$namespace" wait pods --selector=app.kubernetes.io/component=controller-manager --for=delete --timeout=90s

token=$($KUBECTL --namespace="$namespace" create token extendedjob-controller-manager --duration=24h)
cluster=$($KUBECTL config view --minify --flatten --raw --output=jsonpath='{.clusters[0].cluster}')
(
  umask 077
  cat > "$work/kubeconfig" << EOF
apiVersion: v1
kind: Config
current-context: run
contexts: [{name: run, context: {cluster: run, user: run}}]
clusters: [{name: run, cluster: $cluster}]
users: [{name: run, user: {token: $token}}]
EOF
)

echo "The manager runs on this machine. To run it in the cluster again: make deploy"
exec bin/manager --kubeconfig="$work/kubeconfig" --config="$work/operator.yaml" --zap-devel "$@"

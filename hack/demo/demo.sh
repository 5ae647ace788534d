#!/usr/bin/env bash
#
# Shows the operator on a cluster: an errand and one-offs as real pods, and their output as Secrets. Started
# by make demo, which sets KUBECTL and CLUSTER to choose the cluster.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

namespace=extendedjob-demo
operator=extendedjob-system
read -ra client <<< "${KUBECTL:?make demo sets it}"

step() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
# run shows a command as a user would type it, and runs it.
run() {
  local argument shown='$ kubectl'
  for argument; do
    if [[ $argument =~ ^[A-Za-z0-9_./:=,-]+$ ]]; then shown+=" $argument"; else shown+=" '$argument'"; fi
  done
  printf '%s%s%s\n' "$bold" "$shown" "$plain"
  "${client[@]}" "$@"
}
demo() { "${client[@]}" --namespace="$namespace" "$@"; }
# expect compares the output of a command with the expected output.
expect() {
  local what=$1 want=$2 got
  got=$("${@:3}")
  [ "$got" = "$want" ] || {
    echo "error: $what is '$got' and should be '$want'; the cluster stays up for inspection" >&2
    exit 1
  }
}

bold='' plain=''
if [ -t 1 ]; then bold=$'\e[1m' plain=$'\e[0m'; fi
start=$SECONDS

case $CLUSTER in
  local) step "Starting a cluster and deploying the operator: half a minute; the first time, both are built: 9 minutes on two cores" ;;
  kind) step "Starting a kind cluster and deploying the operator: 2 minutes; the first time, the operator is built: 4 minutes on two cores" ;;
  existing) step "Deploying the operator" ;;
esac
# The image is only on this machine, not in the registry of releases.
make=(make --no-print-directory IMAGE_ARCHIVE="$PWD/bin/demo/extendedjob-operator.tar")
"${make[@]}" cluster-up
[ "$CLUSTER" = existing ] || "${make[@]}" image PLATFORMS="linux/$(go env GOARCH)"
"${make[@]}" cluster-load
"${make[@]}" --silent deploy > /dev/null
"${client[@]}" --namespace="$operator" rollout status deployment --timeout=2m
ready=$SECONDS

step "An errand and one-offs, in both versions of the API"
# The namespace of an earlier demo is deleted with everything in it.
"${client[@]}" delete namespace "$namespace" --ignore-not-found
run create namespace "$namespace"
run --namespace="$namespace" apply --kustomize=config/samples

step "The one-offs run at once, and are then done"
run --namespace="$namespace" wait --for=condition=Complete --timeout=2m ejob/one-off ejob/output ejob/one-time-sleep ejob/myfoo

step "The errands run when they are told to"
for errand in errand manual-sleep; do
  run --namespace="$namespace" patch ejob "$errand" --type=merge --patch='{"spec":{"trigger":{"strategy":"now"}}}'
done
run --namespace="$namespace" wait --for=condition=Complete --timeout=2m ejob/errand ejob/manual-sleep
run --namespace="$namespace" get ejob

step "What the containers named json printed is kept in Secrets"
# shellcheck disable=SC2016 # the variables are the template's
decoded='{{ range $key, $value := .data }}{{ $key }}: {{ $value | base64decode }}{{ "\n" }}{{ end }}'
for secret in foo-json output-json; do
  run --namespace="$namespace" get secret "$secret" --output=go-template="$decoded"
done

step "What happened"
run --namespace="$namespace" get events.events.k8s.io --sort-by=.metadata.creationTimestamp --field-selector=reportingController=extendedjob-operator \
  --output=custom-columns=REASON:.reason,OBJECT:.regarding.name,NOTE:.note

strategy='jsonpath={.spec.trigger.strategy}'
for errand in errand manual-sleep; do
  expect "the strategy of $errand" manual demo get ejob "$errand" --output="$strategy"
done
for oneoff in one-off output one-time-sleep myfoo; do
  expect "the strategy of $oneoff" "done" demo get ejob "$oneoff" --output="$strategy"
done
for secret in foo-json output-json; do
  expect "Secret $secret" $'bar: baz\nfoo: 1' demo get secret "$secret" --output=go-template="$decoded"
done
# A leader that has just taken over from another keeps a Job for 20 seconds.
demo wait --for=delete jobs --all --timeout=1m > /dev/null
expect "the list of Jobs left" "" demo get jobs --output=name

step "Done in $((SECONDS - start)) seconds, $((SECONDS - ready)) of them after the operator was ready"
cat << END
Play on:  export KUBECONFIG=${KUBECONFIG:-"$HOME/.kube/config"}
          alias kubectl="$KUBECTL --namespace=$namespace"
          kubectl edit ejob errand     # set the strategy to now
          kubectl describe ejob output
          kubectl explain ejob.spec.output
END
case $CLUSTER in
  local) echo "Stop it:  make cluster-down" ;;
  kind) echo "Stop it:  make cluster-down CLUSTER=kind     # deletes the kind cluster extendedjob" ;;
  existing) echo "Stop it:  $KUBECTL delete namespace $namespace; make undeploy" ;;
esac

# Builds Go programs and shows the progress. Sourced by the scripts that build.
# shellcheck shell=bash

# With fewer garbage collections, the compiler takes a fifth less CPU, but up to half a gigabyte.
export GOGC=${GOGC:-400}

# once DIRECTORY OUTPUT WHAT FUNCTION FILE... makes the function build into the directory OUTPUT, unless it has already
# done so from the current files in DIRECTORY. The Go build cache would detect this too, but it is large and often deleted.
once() {
  local directory=$1 output=$2 what=$3 function=$4 key
  key=$(cd "$directory" && cat "${@:5}" | sha256sum)
  [ "$(cat "$output/.key" 2> /dev/null)" != "$key" ] || return 0
  echo "Building $what"
  rm -rf "$output"
  mkdir -p "$output"
  (cd "$directory" && "$function" "$output")
  echo "$key" > "$output/.key"
}

# go_build WHAT OUTPUT ARGUMENT... runs go build with the arguments. Without a version control stamp: git refuses to look
# at a checkout that belongs to another user.
go_build() {
  local what=$1 output=$2
  shift 2
  {
    # This also downloads the modules. Stale packages are not in Go's build cache; programs are always stale.
    go list -deps -f '{{ if and .Stale (ne .Name "main") }}stale {{ .ImportPath }}{{ end }}' -trimpath -buildvcs=false "$@" 2>&1 &&
      echo 'go: building' &&
      go build -v -o "$output" -trimpath -buildvcs=false "$@" 2>&1
  } | go_progress "$what"
}

# go_progress WHAT reads the output of go list and go build, and shows the progress: on a terminal in one line, otherwise
# in a line every 15 seconds.
go_progress() {
  local what=$1 start=$SECONDS shown=$SECONDS interval=15 before='' after=$'\n'
  local part='' line status modules=0 stale=0 built=0 building=false
  if [ -t 1 ]; then interval=1 before=$'\r\e[K' after=''; fi
  while :; do
    status=0
    read -r -t 1 line || status=$?
    line=$part$line part=''
    if [ "$status" = 0 ]; then
      go_count
    elif [ "$status" -gt 128 ]; then # a second has passed
      part=$line
    else
      break
    fi
    if [ $((SECONDS - shown)) -ge "$interval" ]; then
      printf '%s  %s: %s, %s%s' "$before" "$what" "$(go_stage)" "$(minutes $((SECONDS - start)))" "$after"
      shown=$SECONDS
    fi
  done
  if [ "$shown" != "$start" ]; then
    printf '%s  %s: %s packages, %s\n' "$before" "$what" "$built" "$(minutes $((SECONDS - start)))"
  fi
}

# go_count counts the line of go_progress, or prints it if it is an error.
go_count() {
  case $line in
    'stale '*) stale=$((stale + 1)) ;;
    'go: downloading '*) modules=$((modules + 1)) ;;
    'go: building') building=true ;;
    *' '*) printf '%s%s\n' "$before" "$line" >&2 ;;
    *) built=$((built + 1)) ;;
  esac
}

# go_stage describes the current stage.
go_stage() {
  if ! $building; then
    echo "$modules modules downloaded"
  elif [ "$built" -lt "$stale" ]; then
    echo "$built of $stale packages"
  else
    echo "$built packages, linking"
  fi
}

# minutes SECONDS prints a duration.
minutes() {
  printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

#!/usr/bin/env bash
# Builds (cached), boots and uses the lab machine: lab.sh WORK [OPTION...], as ./understudy lab calls it.
#
# WORK is a directory of this run alone. The caller ends what still runs and removes it, however this script ends.
set -euo pipefail

HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
CACHE=${UNDERSTUDY_LAB_CACHE:-/var/cache/understudy-lab}
ALL_SUITES=(iscsi zfs store)
SUITE_SECONDS=5400  # a suite that a hung kernel holds up is given up then; it leaves its results before

WORK=$1; shift
RUN=$WORK/machine
RESULTS=$WORK/results

say() { printf '%s\n' "$*" >&2; }
die() { say "understudy lab: $*"; exit 1; }
now() { date +%s.%N; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f", to - from }'; }

. "$HERE/machine.sh"

# --- image -----------------------------------------------------------------------------------------------------------

image_key() {  # every file that decides what is in the image
  (cd "$HERE" && find build-image.sh packages overlay -type f | LC_ALL=C sort | xargs sha256sum) | sha256sum | cut -c1-16
}

find_image() {  # sets IMAGE, IMAGE_BUILT and IMAGE_SECONDS
  local key from old; key=$(image_key); from=$(now)
  IMAGE=$CACHE/image-$key IMAGE_BUILT=false
  mkdir -p -m 0700 "$CACHE"
  exec 9>"$CACHE/lock"
  flock -n 9 || { say "Another lab builds the image; waiting for it ..."; flock 9; }
  if [ -n "$REBUILD" ] || [ ! -e "$IMAGE/manifest" ]; then
    say "Building the lab machine's image (1 to 7 minutes; kept in $CACHE) ..."
    # In a mount namespace of its own: what a killed build leaves mounted ends with it.
    unshare --mount "$HERE/build-image.sh" "$WORK/image" "$WORK/build" "$CACHE/modules" 9>&-
    rm -rf "$IMAGE" "$WORK/build"
    mv "$WORK/image" "$IMAGE"
    IMAGE_BUILT=true
    for old in "$CACHE"/image-*; do  # of earlier inputs; a machine that still runs keeps its open files
      [ "$old" = "$IMAGE" ] || rm -rf "$old"
    done
  fi
  flock -u 9
  exec 9>&-
  IMAGE_SECONDS=$(since "$from")
}

# --- suites ----------------------------------------------------------------------------------------------------------

run_suite() {  # name: its result file gets what the suite wrote, or why it wrote nothing; fails if a test failed
  local suite=$1 file=$RESULTS/$1.json status=0 crashes=0 from; from=$(now)
  say "Suite $suite:"
  while :; do
    GUEST_SECONDS=$SUITE_SECONDS guest "cd /var/tmp && LC_ALL=C.UTF-8 java --enable-native-access=ALL-UNNAMED -XX:TieredStopAtLevel=1 \
      -cp '/opt/lab/*' org.understudy.lab.SuiteRun $suite /run/$suite.json" >&2 && status=0 || status=$?
    # Emulation with several processors has made a Java machine crash by itself (SIGSEGV in compiled code): once more, and told.
    [ "$status" = 134 ] && [ "$crashes" = 0 ] || break
    crashes=1
    say "  the Java runtime in the machine crashed; the suite starts again"
  done
  if ! guest "cat /run/$suite.json" >"$file" 2>/dev/null || [ ! -s "$file" ]; then
    printf '{"suite":"%s","passed":false,"problem":"the suite ended with status %s and left no results","tests":[]}\n' "$suite" "$status" >"$file"
    [ "$status" != 0 ] || status=1
  fi
  if [ "$status" != 0 ]; then
    say "  the machine's kernel said last:"
    guest "dmesg | tail -n 15" >&2 || true
  fi
  printf '{"name":"%s","seconds":%s,"javaCrashes":%s,"result":%s}\n' "$suite" "$(since "$from")" "$crashes" "$(cat "$file")" >"$file.entry"
  return "$status"
}

write_json() {  # all results as one JSON object
  printf '{"passed":%s,"seconds":%s,"image":{"key":"%s","built":%s,"seconds":%s,%s},"bootSeconds":%s,"suites":[%s]}\n' \
    "$1" "$(since "$STARTED")" "$(basename "$IMAGE")" "$IMAGE_BUILT" "$IMAGE_SECONDS" \
    "$(sed -E 's/(.*)=(.*)/"\1":"\2"/' "$IMAGE/manifest" | paste -sd,)" "$BOOT" \
    "$(for suite in "${SUITES[@]}"; do cat "$RESULTS/$suite.json.entry"; done | paste -sd,)"
}

# --- main ------------------------------------------------------------------------------------------------------------

SUITES=() JSON='' KEEP='' REBUILD=''
while [ $# -gt 0 ]; do
  case $1 in
    --suite) SUITES+=("${2:?--suite needs a name}"); shift 2 ;;
    --json) JSON=$(realpath -m "${2:?--json needs a file}"); shift 2 ;;
    --keep) KEEP=1; shift ;;
    --rebuild) REBUILD=1; shift ;;
    *) die "there is no option '$1'; ./understudy --help lists them" ;;
  esac
done
[ ${#SUITES[@]} -gt 0 ] || SUITES=("${ALL_SUITES[@]}")
for suite in "${SUITES[@]}"; do
  [[ " ${ALL_SUITES[*]} " == *" $suite "* ]] || die "there is no suite '$suite'; there are: ${ALL_SUITES[*]}"
done

mkdir -p "$RUN" "$RESULTS"
STARTED=$(now)
find_image
from=$(now)
machine_start
BOOT=$(since "$from")
say "The lab machine runs ($(tr '\n' ' ' <"$IMAGE/manifest")); booted in $BOOT s"
machine_push "$HERE/target/lab" /opt/lab

passed=true
for suite in "${SUITES[@]}"; do run_suite "$suite" || passed=false; done
[ -z "$JSON" ] || write_json "$passed" >"$JSON"
if [ -n "$KEEP" ]; then
  say "The machine stays up, until './understudy clean':
  ssh -i $IMAGE/id_ed25519 -p $(cat "$RUN/ssh.port") root@127.0.0.1"
else
  machine_stop
fi
say "$([ "$passed" = true ] && echo 'All suites passed' || echo 'NOT all suites passed') after $(since "$STARTED") s"
[ "$passed" = true ]

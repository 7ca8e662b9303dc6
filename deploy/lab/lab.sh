#!/usr/bin/env bash
# Builds (cached), boots and uses the lab machine: lab.sh WORK [OPTION...], as ./understudy lab calls it.
#
# WORK is a directory of this run alone. The caller ends what still runs and removes it, however this script ends.
set -euo pipefail

HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
CACHE=${UNDERSTUDY_LAB_CACHE:-/var/cache/understudy-lab}
ALL_SUITES=(iscsi zfs store kernels)
SUITE_SECONDS=5400  # a suite that a hung kernel holds up is given up then; it leaves its results before

WORK=$1; shift
RUN=$WORK/machine
RESULTS=$WORK/results

say() { printf '%s\n' "$*" >&2; }
die() { say "understudy lab: $*"; exit 1; }
now() { date +%s.%N; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f", to - from }'; }

. "$HERE/machine.sh"
. "$HERE/kernels.sh"

# --- image -----------------------------------------------------------------------------------------------------------

image_key() {  # every file that decides what is in the image
  (cd "$HERE" && find build-image.sh debian.sh packages overlay -type f | LC_ALL=C sort | xargs sha256sum) | sha256sum | cut -c1-16
}

find_image() {  # family of images, key, builder, its further arguments: sets IMAGE, IMAGE_BUILT and IMAGE_SECONDS; status of the builder
  local family=$1 key=$2 builder=$3 status=0 from old; shift 3; from=$(now)
  IMAGE=$CACHE/$family-$key IMAGE_BUILT=false
  mkdir -p -m 0700 "$CACHE"
  exec 9>"$CACHE/lock"
  flock -n 9 || { say "Another lab builds an image; waiting for it ..."; flock 9; }
  if [ -n "$REBUILD" ] || [ ! -e "$IMAGE/manifest" ]; then
    say "Building the image $family (1 to 7 minutes; kept in $CACHE) ..."
    # In a mount namespace of its own: what a killed build leaves mounted ends with it.
    unshare --mount "$builder" "$WORK/image" "$WORK/build" "$@" 9>&- || status=$?
    rm -rf "$WORK/build"
    if [ "$status" = 0 ]; then
      rm -rf "$IMAGE"
      mv "$WORK/image" "$IMAGE"
      IMAGE_BUILT=true
      for old in "$CACHE/$family"-*; do  # of earlier inputs; a machine that still runs keeps its open files
        [ "$old" = "$IMAGE" ] || rm -rf "$old"
      done
    fi
    rm -rf "$WORK/image"
  fi
  flock -u 9
  exec 9>&-
  IMAGE_SECONDS=$(since "$from")
  return "$status"
}

json_image() {  # what is known of IMAGE, as JSON
  printf '{"key":"%s","built":%s,"seconds":%s,%s}' "$(basename "$IMAGE")" "$IMAGE_BUILT" "$IMAGE_SECONDS" \
    "$(sed -E 's/(.*)=(.*)/"\1":"\2"/' "$IMAGE/manifest" | paste -sd,)"
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

# The suites that share the machine with OpenZFS, LIO and open-iscsi.
run_lab_machine() {  # suite...
  local suite from status=0
  machine_renew
  MEMORY_MIB=3072
  find_image image "$(image_key)" "$HERE/build-image.sh" "$CACHE/modules" || die "the lab machine's image could not be built"
  from=$(now)
  machine_start || die "the lab machine did not start"
  LAB_MACHINE=$(printf '"image":%s,"bootSeconds":%s,' "$(json_image)" "$(since "$from")")
  say "The lab machine runs ($(tr '\n' ' ' <"$IMAGE/manifest")); booted in $(since "$from") s"
  machine_push "$HERE/target/lab" /opt/lab || die "the suites could not be copied into the lab machine"
  for suite in "$@"; do run_suite "$suite" || status=1; done
  machine_end
  return "$status"
}

write_json() {  # all results as one JSON object
  printf '{"passed":%s,"seconds":%s,%s"suites":[%s]}\n' "$1" "$(since "$STARTED")" "$LAB_MACHINE" \
    "$(for suite in "${SUITES[@]}"; do cat "$RESULTS/$suite.json.entry"; done | paste -sd,)"
}

# --- main ------------------------------------------------------------------------------------------------------------

SUITES=() KERNELS=() JSON='' KEEP='' REBUILD='' LAB_MACHINE=''
while [ $# -gt 0 ]; do
  case $1 in
    --suite) SUITES+=("${2:?--suite needs a name}"); shift 2 ;;
    --kernel) KERNELS+=("${2:?--kernel needs a name}"); shift 2 ;;
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

kernels_check
shared=()
for suite in "${SUITES[@]}"; do [ "$suite" = kernels ] || shared+=("$suite"); done

mkdir -p "$RESULTS"
STARTED=$(now)
passed=true
if [[ " ${SUITES[*]} " == *" kernels "* ]]; then run_kernels || passed=false; fi
if [ ${#shared[@]} -gt 0 ]; then run_lab_machine "${shared[@]}" || passed=false; fi
[ -z "$JSON" ] || write_json "$passed" >"$JSON"
say "$([ "$passed" = true ] && echo 'All suites passed' || echo 'NOT all suites passed') after $(since "$STARTED") s"
[ "$passed" = true ]

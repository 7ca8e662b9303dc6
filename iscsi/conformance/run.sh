#!/bin/bash
# Runs the conformance suite of libiscsi (iscsi-test-cu -d, one process per test) against our target and, in the same run,
# against tgt, and prints a table. Needs the Debian packages libiscsi-bin and tgt, and root for tgt.
#
#   iscsi/conformance/run.sh [--only PATTERN] [--peers "understudy tgt"] [--json FILE] [--details DIR]
#
# PATTERN is a grep expression over names such as ALL.Read10.Simple. ISCSI_TARGET_COMMAND names the program that starts our
# target when it is not the front door of this checkout. The exit status is 0 if our target hangs nowhere and fails at most
# MAX_FAILURES (default 2) tests.
set -u

root=$(cd "$(dirname "$0")/../.." && pwd)
only=.
peers="understudy tgt"
json=
details=
while [ $# -gt 0 ]; do
    case "$1" in
        --only) only=$2; shift 2 ;;
        --peers) peers=$2; shift 2 ;;
        --json) json=$2; shift 2 ;;
        --details) details=$2; shift 2 ;;
        *) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
done

# Both units are removable, or the tests of ejecting and loading would not run.
limit=${TEST_LIMIT_SECONDS:-60}
size=${LUN_SIZE:-2G}
work=$(mktemp -d)
[ -n "$details" ] || details=$work/details
mkdir -p "$details"
server=
stop_server() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null
        # tgtd does not always heed a TERM
        for _ in $(seq 50); do
            kill -0 "$server" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$server" 2>/dev/null
        wait "$server" 2>/dev/null
        server=
    fi
}
trap 'stop_server; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

await_port() {
    for _ in $(seq 300); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return 0; fi
        kill -0 "$server" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

start_understudy() {
    truncate -s "$size" "$work/understudy.img"
    # shellcheck disable=SC2086
    ${ISCSI_TARGET_COMMAND:-$root/understudy iscsi target} --listen "127.0.0.1:$1" --iqn "$2" \
        --lun "$work/understudy.img,removable" >"$details/understudy.log" 2>&1 &
    server=$!
    await_port "$1"
}

start_tgt() {
    truncate -s "$size" "$work/tgt.img"
    # A control port of its own keeps this daemon apart from one that the machine may run.
    tgtd -f -C 77 --iscsi "portal=127.0.0.1:$1" >"$details/tgt.log" 2>&1 &
    server=$!
    await_port "$1" || return 1
    tgtadm -C 77 --lld iscsi --op new --mode target --tid 1 -T "$2" &&
        tgtadm -C 77 --lld iscsi --op new --mode logicalunit --tid 1 --lun 1 -b "$work/tgt.img" &&
        tgtadm -C 77 --lld iscsi --op update --mode logicalunit --tid 1 --lun 1 --params removable=1 &&
        tgtadm -C 77 --lld iscsi --op bind --mode target --tid 1 -I ALL
}

# pass, fail, skip or hang, from the output of one test process
classify() {
    # 124 and 137 are what timeout gives when it had to end the test
    if [ "$2" -eq 124 ] || [ "$2" -eq 137 ]; then
        echo hang
        return
    fi
    # Only what the test itself prints counts: set-up and tear-down skip things of their own.
    # The verdict ends the test's part of the output, without a line end of its own.
    awk '
        /^  Test: / { inside = 1 }
        /^passed/ || /\.\.\.passed/ || /^FAILED/ || /\.\.\.FAILED/ { inside = 0 }
        inside && /\[SKIPPED\]/ { skipped = 1 }
        $1 == "tests" && NF == 6 { ran = $3; passed = $4 }
        END { print ran != 1 || passed != 1 ? "fail" : skipped ? "skip" : "pass" }' "$1"
}

tests=$(iscsi-test-cu --list | grep -E '^ALL\.[^.]+\.[^.]+$' | grep -E -- "$only")
total=$(echo "$tests" | grep -c .)
declare -A counts
for peer in $peers; do
    port=$(free_port)
    iqn=iqn.2026-11.org.understudy:conformance
    if ! "start_$peer" "$port" "$iqn"; then
        echo "$peer did not start, see $details/$peer.log" >&2
        cat "$details/$peer.log" >&2
        exit 1
    fi
    lun=0
    [ "$peer" = tgt ] && lun=1
    : >"$details/$peer.results"
    for name in $tests; do
        out=$details/$peer.$name.out
        url=iscsi://127.0.0.1:$port/$iqn/$lun
        second=
        # Two paths make the multipath tests run; others of the suite's own tests crash the tool with two.
        case $name in ALL.MultipathIO.*) second=$url ;; esac
        # shellcheck disable=SC2086
        timeout -k 5 "$limit" iscsi-test-cu -d -V -t "$name" "$url" $second >"$out" 2>&1
        verdict=$(classify "$out" $?)
        counts[$peer.$verdict]=$((${counts[$peer.$verdict]:-0} + 1))
        echo "$verdict $name" >>"$details/$peer.results"
        case $verdict in fail | hang) echo "$peer: $verdict $name" ;; esac
    done
    stop_server
done

echo
echo "| target | pass | fail | skip | hang | of |"
echo "|---|---|---|---|---|---|"
for peer in $peers; do
    echo "| $peer | ${counts[$peer.pass]:-0} | ${counts[$peer.fail]:-0} | ${counts[$peer.skip]:-0} | ${counts[$peer.hang]:-0} | $total |"
done
if [ -n "$json" ]; then
    {
        separator='{'
        for peer in $peers; do
            printf '%s"%s":{"pass":%d,"fail":%d,"skip":%d,"hang":%d,"total":%d}' "$separator" "$peer" \
                "${counts[$peer.pass]:-0}" "${counts[$peer.fail]:-0}" "${counts[$peer.skip]:-0}" \
                "${counts[$peer.hang]:-0}" "$total"
            separator=,
        done
        echo '}'
    } >"$json"
fi
[ "${counts[understudy.hang]:-0}" -eq 0 ] && [ "${counts[understudy.fail]:-0}" -le "${MAX_FAILURES:-2}" ]

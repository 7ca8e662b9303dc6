#!/bin/sh
# Installs the Understudy agent on this host and enrols it. Made by the appliance for itself.
#   --token T         one-time token of the console; without one the agent is installed or upgraded, and nothing else
#   --fingerprint F   SHA-256 of the appliance's CA certificate, as the console shows it
#   --device PATH     offer this disk only; may be repeated
#   --server H:P      another address of this appliance
#   --force           replace an enrolment that is there
# POSIX sh. Nothing runs before the last line, so that half a download does nothing.
set -eu

SERVER='@SERVER@'
FINGERPRINT='@FINGERPRINT@'
PIN='@PIN@'
# format, architecture, version, SHA-256, bytes, file name
PACKAGES='@PACKAGES@'
IDENTITY=/var/lib/understudy-agent/identity.json

say() { printf '%s\n' "$*"; }

# What happened, why, what to do.
fail() {
  printf 'understudy: %s\n  %s\n  %s\n' "$1" "$2" "$3" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

plain_hex() { printf '%s' "$1" | tr -d ':' | tr 'A-F' 'a-f'; }

read_arguments() {
  token='' given='' force='' devices=''
  while [ $# -gt 0 ]; do
    case $1 in
      --token|--fingerprint|--server|--device)
        [ $# -ge 2 ] || fail "$1 needs a value." "The line was cut off, perhaps when it was copied." "Copy the whole line from the console."
        case $2 in
          ''|*[!A-Za-z0-9._:/+=-]*) fail "The value of $1 has characters that do not belong there." "It is '$2'." "Copy the whole line from the console." ;;
        esac
        case $1 in
          --token) token=$2 ;;
          --fingerprint) given=$2 ;;
          --server) SERVER=$2 ;;
          --device) devices="$devices --device $2" ;;
        esac
        shift 2 ;;
      --force) force=--force; shift ;;
      *) fail "There is no option '$1'." "The line was changed or cut off." "Copy the whole line from the console." ;;
    esac
  done
}

check_host() {
  [ "$(id -u)" = 0 ] || fail "This needs root." "It runs as $(id -un)." "Run the line as root: put sudo in front of sh."
  [ "$(uname -s)" = Linux ] || fail "This host runs $(uname -s)." "The packages are for Linux." "There is no agent for it yet."
}

check_fingerprint() {
  [ -n "$given" ] || return 0
  [ "$(plain_hex "$given")" = "$FINGERPRINT" ] || fail "This is not the appliance of the line that you copied." \
    "Its fingerprint is $FINGERPRINT, the line says $(plain_hex "$given")." \
    "Copy the line from the console again. If it stays so, somebody stands between this host and the appliance: do not go on."
}

choose_package() {
  machine=$(uname -m)
  if has dpkg && { [ -e /etc/debian_version ] || ! has rpm; }; then
    format=deb
  elif has rpm; then
    format=rpm
  else
    fail "This host has neither dpkg nor rpm." "The agent comes as .deb and .rpm." "Unpack one of them by hand: https://$SERVER/agent/packages/"
  fi
  case $format-$machine in
    deb-x86_64) arch=amd64 ;;
    deb-aarch64) arch=arm64 ;;
    *) arch=$machine ;;
  esac
  package=$(printf '%s\n' "$PACKAGES" | while read -r f a rest; do
    if [ "$f" = "$format" ] && [ "$a" = "$arch" ]; then say "$rest"; fi
  done)
  [ -n "$package" ] || fail "The appliance has no agent package for $format on $machine." \
    "It has: $(printf '%s\n' "$PACKAGES" | cut -d' ' -f1,2 | tr '\n' ' ')" \
    "Put one into its package directory (setting understudy.fleet.agent-packages) and run the line again."
  # shellcheck disable=SC2086 # fields separated by spaces
  set -- $package
  version=$1 digest=$2 name=$4
}

installed_version() {
  case $format in
    deb) dpkg-query -W -f '${db:Status-Abbrev}${Version}' understudy-agent 2>/dev/null | sed -n 's/^ii *//p' ;;
    rpm) rpm -q --qf '%{VERSION}' understudy-agent 2>/dev/null || : ;;
  esac
}

unreachable() {
  fail "The appliance cannot be reached at $SERVER." "$1" "Look whether a firewall is between; the port must be open from this host."
}

# The public key of the appliance is pinned where the tool can do that; what was fetched is compared with its digest in any case.
fetch() {
  status=0
  if has curl; then
    curl -fsSk --connect-timeout 20 --pinnedpubkey "$PIN" -o "$2" "https://$SERVER$1" 2>"$work/trouble" || status=$?
    if [ "$status" = 2 ]; then
      status=0
      curl -fsSk --connect-timeout 20 -o "$2" "https://$SERVER$1" 2>"$work/trouble" || status=$?
    fi
    [ "$status" != 90 ] || fail "Another machine answers at $SERVER." "Its public key is not the appliance's." "Run the line of the console again. If it stays so, somebody stands between: do not go on."
  elif has wget; then
    pinned=''
    if wget --help 2>&1 | grep -q pinnedpubkey; then pinned="--pinnedpubkey=$PIN"; fi
    # shellcheck disable=SC2086 # one option or none
    wget -q --no-check-certificate $pinned -O "$2" "https://$SERVER$1" 2>"$work/trouble" || status=$?
  else
    fail "This host has neither curl nor wget." "The package must be fetched." "Install one of them and run the line again."
  fi
  [ "$status" = 0 ] || unreachable "$(cat "$work/trouble") (status $status)"
}

sha256() {
  if has sha256sum; then
    sha256sum <"$1" | cut -d' ' -f1
  elif has openssl; then
    openssl dgst -sha256 <"$1" | sed 's/.* //'
  else
    fail "This host can compute no SHA-256." "It has neither sha256sum nor openssl." "Install coreutils and run the line again."
  fi
}

# The certificates that are presented at the agent port must contain the authority of the fingerprint. The agent checks the same,
# and more, when it enrols; here it is asked before anything is installed, if this host can.
check_presented() {
  has openssl || return 0
  openssl s_client -connect "$SERVER" -showcerts </dev/null >"$work/chain" 2>/dev/null || :
  grep -q 'BEGIN CERTIFICATE' "$work/chain" || return 0  # too old for TLS 1.3, for example: the agent will tell
  found='' certificate=''
  while read -r line; do
    case $line in
      *'BEGIN CERTIFICATE'*) certificate='' ;;
      *'END CERTIFICATE'*)
        printf '%s' "$certificate" | openssl base64 -d -A >"$work/certificate"
        [ "$(sha256 "$work/certificate")" != "$FINGERPRINT" ] || found=1
        certificate='' ;;
      *) certificate=$certificate$line ;;
    esac
  done <"$work/chain"
  [ -n "$found" ] || fail "Another machine answers at $SERVER." \
    "None of its certificates has the fingerprint $FINGERPRINT." \
    "Run the line of the console again. If it stays so, somebody stands between this host and the appliance: do not go on."
}

install_package() {
  if [ "$(installed_version)" = "$version" ]; then
    say "The agent $version is installed already."
    return 0
  fi
  say "Fetching $name ..."
  fetch "/agent/packages/$name" "$work/$name"
  [ "$(sha256 "$work/$name")" = "$digest" ] || fail "The package that was fetched is not the appliance's." \
    "Its SHA-256 is $(sha256 "$work/$name"), expected was $digest." "Run the line again; if it stays so, look for a proxy that changes what it passes on."
  say "Installing it ..."
  status=0
  case $format in
    deb) DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold -i "$work/$name" >"$work/log" 2>&1 || status=$? ;;
    rpm) rpm -U --replacepkgs --oldpackage "$work/$name" >"$work/log" 2>&1 || status=$? ;;
  esac
  if [ "$status" != 0 ]; then
    cat "$work/log" >&2
    fail "The package could not be installed." "The lines above say why." "Mend that and run the line again; the token is not used yet."
  fi
}

enrol() {
  if [ -z "$token" ]; then
    [ -e "$IDENTITY" ] || say "No token was given: the agent is installed, but this host is not enrolled."
    return 0
  fi
  if [ -e "$IDENTITY" ] && [ -z "$force" ]; then
    say "This host is enrolled already; the token was not used. To enrol it anew, add --force."
    return 0
  fi
  if [ -d /run/systemd/system ]; then systemctl stop understudy-agent.service; fi
  # shellcheck disable=SC2086 # several options, checked above
  understudy-agent enrol --server "$SERVER" --fingerprint "$FINGERPRINT" --token "$token" $devices $force || fail \
    "The agent is installed, but this host could not be enrolled." "The lines above say why." \
    "Mend that and run the line again; make a new token in the console if this one is used or expired."
}

start() {
  [ -e "$IDENTITY" ] || return 0
  if [ ! -d /run/systemd/system ]; then
    say "systemd does not run here: start the agent with 'understudy-agent run'."
    return 0
  fi
  systemctl enable --quiet understudy-agent.service understudy-agent-tracking.service
  systemctl start understudy-agent-tracking.service || say "Writes cannot be tracked on this host; runs compare all used blocks. See: understudy-agent selftest"
  systemctl start understudy-agent.service
  left=30
  until understudy-agent status >"$work/status" 2>&1; do
    left=$((left - 1))
    if [ "$left" = 0 ]; then
      cat "$work/status" >&2
      fail "The agent runs, but it is not connected to the appliance yet." "The lines above say why." "It keeps trying; look again with: understudy-agent status"
    fi
    sleep 1
  done
  say "The agent $version runs and is connected to the appliance at $SERVER."
}

main() {
  read_arguments "$@"
  check_host
  check_fingerprint
  choose_package
  umask 077
  work=$(mktemp -d /var/tmp/understudy-install-XXXXXX)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM HUP
  check_presented
  install_package
  enrol
  start
}

# Standard input is this script; nobody below may read it.
main "$@" </dev/null

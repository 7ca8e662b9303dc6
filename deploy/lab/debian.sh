# What the builders of the lab's images share: where packages come from, and a root file system made of them. Sourced; needs SUITE and WORK.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The machine's own package sources with the suite exchanged, so that the lab takes packages from where its host takes them. Sources
# of further suites are those of the main archive with another name.
package_sources() {  # [further suite...]
  local host uri release origin further
  host=$(. /etc/os-release; printf %s "$VERSION_CODENAME")
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN)' 'Created-By: Packages' | sort -u |
    while read -r uri release origin; do
      [ "$origin" = Debian ] || continue
      case $release in
        "$host" | "$host-updates" | "$host-security")
          printf 'deb [signed-by=%s] %s %s main contrib\n' "$KEYRING" "$uri" "${release/#$host/$SUITE}" ;;&
        "$host")
          for further in "$@"; do printf 'deb [signed-by=%s] %s %s main contrib\n' "$KEYRING" "$uri" "$further"; done ;;
      esac
    done
}

pinned_apt() {  # apt with the lab's sources and lists of its own; nothing of the host's package state is read or changed
  local tool=$1; shift
  "$tool" -qq -o Dir::Etc::SourceList="$WORK/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
    -o Dir::State::Lists="$WORK/apt/lists" -o Dir::Cache="$WORK/apt/cache" -o Dir::State::Status=/dev/null \
    -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

bootstrap() {  # packages, directory, more options of mmdebstrap
  local packages=$1 directory=$2; shift 2
  mmdebstrap --mode=root --variant=apt --quiet --include="$packages" \
    --aptopt="$WORK/acquire.conf" --aptopt='Apt::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    "$@" "$SUITE" "$directory" "$WORK/sources.list"
}

acquire_settings() {  # how the host fetches packages
  apt-config dump Acquire | grep -E '^Acquire::(https?|Retries|Check-Valid-Until|Check-Date)\b' >"$WORK/acquire.conf" || true
}

reachable_sources() {  # leaves out of sources.list what the archive does not offer (any more): old suites lose their updates
  local line
  while read -r line; do
    printf '%s\n' "$line" >"$WORK/sources.list"
    pinned_apt apt-get -o APT::Update::Error-Mode=any update >"$WORK/source.log" 2>&1 && printf '%s\n' "$line" >>"$WORK/sources.reachable"
  done < <(cat "$WORK/sources.list")
  touch "$WORK/sources.reachable"
  mv "$WORK/sources.reachable" "$WORK/sources.list"
}

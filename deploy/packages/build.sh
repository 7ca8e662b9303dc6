#!/usr/bin/env bash
# Builds the Linux agent's packages with a Java runtime inside: build.sh OUT_DIR [deb] [rpm]. The agent is built before (Maven).
# JAVA_HOME names the JDK that the runtime is made of. The same commit, JDK and tools give the same bytes.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
umask 022

HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
REPOSITORY=$(cd "$HERE/../.." && pwd)
LAUNCH=$REPOSITORY/agent-linux/src/main/launch
HOME_ON_HOST=/usr/lib/understudy-agent

die() { printf 'package: %s\n' "$*" >&2; exit 1; }

OUT=${1:-}
[ -n "$OUT" ] || die "say where the packages go: build.sh OUT_DIR [deb] [rpm]"
shift
FORMATS=("$@")
[ ${#FORMATS[@]} -gt 0 ] || FORMATS=(deb rpm)
command -v strip >/dev/null || die "strip is missing (Debian package binutils)"
[ -x "${JAVA_HOME:-}/bin/jlink" ] || die "JAVA_HOME does not name a JDK with jlink"
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
# Always the same place: the archive of classes holds the path of the runtime that made it, and the same sources give the same bytes.
WORK=${TMPDIR:-/var/tmp}/understudy-package
while :; do
  mkdir -m 0700 "$WORK" 2>/dev/null || [ -e "$WORK" ] || [ -L "$WORK" ] || { [ -w "${WORK%/*}" ] || die "${WORK%/*} cannot be written to"; continue; }
  { [ -d "$WORK" ] && [ ! -L "$WORK" ] && [ -O "$WORK" ]; } || die "$WORK is somebody else's: remove it, or set TMPDIR"
  exec 9<"$WORK"
  flock 9  # one build at a time
  [ ! "$WORK" -ef /dev/fd/9 ] || break  # else the build that was waited for has removed it
done
rm -rf "${WORK:?}"/*
trap 'rm -rf "$WORK"' EXIT
trap 'exit 130' INT TERM HUP

# --- what is built ---------------------------------------------------------------------------------------------------

MAVEN_VERSION=$(sed -n '/<artifactId>understudy<\/artifactId>/{n;s/.*<version>\(.*\)<\/version>.*/\1/p;q}' "$REPOSITORY/pom.xml")
[ -n "$MAVEN_VERSION" ] || die "no version in $REPOSITORY/pom.xml"
AGENT_JAR=$REPOSITORY/agent-linux/target/understudy-agent-linux-$MAVEN_VERSION.jar
[ -s "$AGENT_JAR" ] || die "there is no $AGENT_JAR: build the agent first (./understudy build)"

case $(uname -m) in
  x86_64) DEB_ARCH=amd64 RPM_ARCH=x86_64 JNA_ARCH=linux-x86-64 ;;
  aarch64) DEB_ARCH=arm64 RPM_ARCH=aarch64 JNA_ARCH=linux-aarch64 ;;
  *) die "packages are built on x86_64 and aarch64, this is $(uname -m)" ;;
esac

commit() { git -C "$REPOSITORY" log -1 --format="$1" 2>/dev/null; }
# A source tree without its history has the time that the build itself is given.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(commit %ct || date -d "$(sed -n 's/.*<project.build.outputTimestamp>\(.*\)<.*/\1/p' "$REPOSITORY/pom.xml")" +%s)}
export SOURCE_DATE_EPOCH
VERSION=${UNDERSTUDY_PACKAGE_VERSION:-${MAVEN_VERSION%-SNAPSHOT}}
if [ -z "${UNDERSTUDY_PACKAGE_VERSION:-}" ] && [ "$VERSION" != "$MAVEN_VERSION" ]; then
  # A snapshot sorts before its release, and after older snapshots.
  VERSION=$VERSION~$(date -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S).$(commit %h --abbrev=8 || echo source)
fi
[[ $VERSION =~ ^[0-9][A-Za-z0-9.+~]*$ ]] || die "'$VERSION' is not a version of both package formats"

# --- the runtime -----------------------------------------------------------------------------------------------------

modules() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$HERE/modules" | tr -d ' ' | sort -u; }

# Modules that the agent's own classes need and the list lacks. Libraries name more than the agent uses of them (Jackson: java.sql and
# java.desktop); what they need is proven by the test that runs the package.
check_modules() {
  local needed missing
  # A class path of libraries is not given: jdeps would count what they need.
  needed=$("$JAVA_HOME/bin/jdeps" --ignore-missing-deps --multi-release 17 --print-module-deps --no-recursive \
    "$WORK/agent.jar" "$WORK"/lib/understudy-*.jar | tr ',' '\n' | sort -u)
  missing=$(comm -23 <(printf '%s\n' "$needed") <(modules))
  [ -z "$missing" ] || die "deploy/packages/modules lacks what the agent needs: $(printf '%s' "$missing" | tr '\n' ' ')"
}

# Options that every virtual machine of this runtime has, the freeze watchdog's too. The archive of classes is bound to the layout
# of objects; it is mapped where it was dumped, so that its pages stay those of the file.
runtime_options() {
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$LAUNCH/runtime.options"
  printf -- '-XX:SharedArchiveFile=%s/agent.jsa\n' "$HOME_ON_HOST"
  printf -- '-Djna.boot.library.path=%s/native\n-Djna.nounpack=true\n' "$HOME_ON_HOST"
}

make_runtime() {
  local options=(--add-modules "$(modules | paste -sd,)" --strip-debug --no-header-files --no-man-pages --output "$WORK/runtime")
  # A JDK without jmods (since 24) links from itself.
  [ -d "$JAVA_HOME/jmods" ] && options+=(--module-path "$JAVA_HOME/jmods")
  "$JAVA_HOME/bin/jlink" "${options[@]}" --compress "${UNDERSTUDY_JLINK_COMPRESS:-zip-6}" \
    --add-options "$(runtime_options | paste -sd' ')" >"$WORK/jlink.log" 2>&1 \
    || { cat "$WORK/jlink.log" >&2; die "jlink failed"; }
  # Only the virtual machine and its launcher.
  find "$WORK/runtime/bin" -mindepth 1 ! -name java -delete
  # The JDK's libraries come with symbol tables that nobody needs here.
  find "$WORK/runtime" \( -name '*.so' -o -path '*/bin/java' -o -name jspawnhelper \) -exec strip --strip-unneeded {} +
}

# --- libraries -------------------------------------------------------------------------------------------------------

collect_libraries() {
  mkdir -p "$WORK/lib" "$WORK/native"
  cp "$REPOSITORY"/agent-linux/target/lib/*.jar "$WORK/lib/"
  # Its manifest names the libraries beside it, in an order that is always the same.
  cp "$AGENT_JAR" "$WORK/agent.jar"
  rm -f "$WORK"/lib/jspecify-*.jar  # annotations only
  local jna
  jna=$(ls "$WORK"/lib/jna-[0-9]*.jar)
  mkdir "$WORK/jna"
  (cd "$WORK/jna" && "$JAVA_HOME/bin/jar" --extract --file "$jna")
  # Our platform's library lies in the file system, so that nothing is unpacked at run time; the others' are left out.
  cp "$WORK/jna/com/sun/jna/$JNA_ARCH/libjnidispatch.so" "$WORK/native/"
  strip --strip-unneeded "$WORK/native/libjnidispatch.so"
  find "$WORK/jna" -name '*jnidispatch*' -delete
  find "$WORK/jna" -type d -empty -delete
  rm "$jna"
  (cd "$WORK/jna" && find . -type f ! -name MANIFEST.MF | LC_ALL=C sort >"$WORK/jna.files" \
    && "$JAVA_HOME/bin/jar" --create --file "$jna" --manifest META-INF/MANIFEST.MF --date "$(date -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" "@$WORK/jna.files")
}

# --- files of the package --------------------------------------------------------------------------------------------

stage() {
  local root=$1 home=$1$HOME_ON_HOST
  mkdir -p "$home" "$root/usr/bin" "$root/usr/lib/systemd/system" "$root/etc/understudy-agent" \
    "$root/usr/share/man/man8" "$root/usr/share/doc/understudy-agent" "$root/var/lib/understudy-agent"
  chmod 0700 "$root/var/lib/understudy-agent"
  cp -R "$WORK/runtime" "$home/runtime"
  cp -R "$WORK/agent.jar" "$WORK/lib" "$WORK/native" "$home/"
  install -m 0644 "$LAUNCH/compiler-directives.json" "$home/"
  {
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$LAUNCH/agent.options"
    printf -- '--sun-misc-unsafe-memory-access=allow\n-Dunderstudy.agent.version=%s\n' "$VERSION"
  } >"$home/agent.options"
  install -m 0755 "$HERE/files/understudy-agent" "$root/usr/bin/"
  install -m 0644 "$HERE"/files/*.service "$root/usr/lib/systemd/system/"
  install -m 0644 "$HERE/files/environment" "$root/etc/understudy-agent/environment"
  install -m 0644 "$HERE/files/copyright" "$root/usr/share/doc/understudy-agent/copyright"
  gzip -9n <"$HERE/files/understudy-agent.8" >"$root/usr/share/man/man8/understudy-agent.8.gz"
  changelog | gzip -9n >"$root/usr/share/doc/understudy-agent/changelog.gz"
  chmod -R u=rwX,go=rX "$home"
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  dump_classes "$root"
  touch -d "@$SOURCE_DATE_EPOCH" "$home/agent.jsa" "$home"
}

changelog() {
  printf 'understudy-agent (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md of the source.\n\n' "$VERSION"
  printf ' -- The Understudy authors <agent@understudy.invalid>  %s\n' "$(date -R -d "@$SOURCE_DATE_EPOCH")"
}

# The archive of classes that the agent loads: it starts faster, and its classes take memory of the file instead of its own. Java
# compares name, size and time of the jar files with those of the dump. Only G1 can put objects into an archive; SerialGC can take them out.
dump_classes() {
  local home=$1$HOME_ON_HOST
  "$home/runtime/bin/java" -XX:SharedArchiveFile="$home/agent.jsa" -XX:SharedClassListFile="$HERE/classes" -Xshare:dump \
    -Xlog:disable -Xlog:all=error:stderr -Xmx256m -XX:-UseSerialGC -XX:+UseG1GC -cp "$home/agent.jar" >"$WORK/dump.log" 2>&1 || { cat "$WORK/dump.log" >&2; die "the archive of classes could not be made"; }
}

# --- packages --------------------------------------------------------------------------------------------------------

make_deb() {
  local root=$WORK/deb
  cp -a "$WORK/stage" "$root"
  # dpkg keeps no empty directories of state: postinst makes it, and purge removes it.
  rmdir "$root/var/lib/understudy-agent" "$root/var/lib" "$root/var"
  mkdir -m 0755 "$root/DEBIAN"
  (cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' md5sum >DEBIAN/md5sums)
  sed -e "s/@VERSION@/$VERSION/" -e "s/@ARCH@/$DEB_ARCH/" -e "s/@SIZE@/$(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f1)/" \
    "$HERE/debian/control.in" >"$root/DEBIAN/control"
  echo /etc/understudy-agent/environment >"$root/DEBIAN/conffiles"
  install -m 0755 "$HERE"/debian/{postinst,prerm,postrm} "$root/DEBIAN/"
  local compression=(-Zxz)
  [ -z "${UNDERSTUDY_PACKAGE_FAST:-}" ] || compression=(-Zgzip -z1)  # for tests
  dpkg-deb --root-owner-group "${compression[@]}" --build "$root" "$OUT/understudy-agent_${VERSION}_$DEB_ARCH.deb" >/dev/null
}

make_rpm() {
  local top=$WORK/rpm payload=w6.xzdio
  [ -z "${UNDERSTUDY_PACKAGE_FAST:-}" ] || payload=w1.gzdio  # for tests
  mkdir -p "$top"
  sed -e "s/@VERSION@/$VERSION/" -e "s/@ARCH@/$RPM_ARCH/" "$HERE/rpm/understudy-agent.spec.in" >"$top/understudy-agent.spec"
  rpmbuild -bb --quiet --target "$RPM_ARCH" \
    --define "_topdir $top" --define "staged $WORK/stage" --define "_buildhost understudy" --define "debug_package %{nil}" \
    --define "__os_install_post %{nil}" --define "_build_id_links none" --define "_binary_payload $payload" \
    --define "use_source_date_epoch_as_buildtime 1" --define "clamp_mtime_to_source_date_epoch 1" --define "_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm" \
    "$top/understudy-agent.spec" >"$WORK/rpm.log" 2>&1 || { cat "$WORK/rpm.log" >&2; die "rpmbuild failed"; }
  cp "$top"/RPMS/*.rpm "$OUT/"
}

collect_libraries
check_modules
make_runtime
stage "$WORK/stage"
for format in "${FORMATS[@]}"; do
  case $format in
    deb) make_deb ;;
    rpm) make_rpm ;;
    *) die "there is no package format '$format'; there are deb and rpm" ;;
  esac
done
printf '%s\n' "$VERSION"

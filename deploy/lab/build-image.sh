#!/usr/bin/env bash
# Builds the lab machine's disk from Debian packages: kernel, OpenZFS compiled for it, LIO, open-iscsi, LVM, a Java runtime.
#
#   build-image.sh OUT WORK MODULES
#
# OUT      gets disk.raw, vmlinuz, initrd.img, id_ed25519 (the lab's ssh key) and manifest (what is inside)
# WORK     scratch directory, removed by the caller, who also gives this script a mount namespace of its own
# MODULES  kept directory of compiled ZFS modules, keyed by the versions of ZFS and kernel
#
# Runs as root on Debian 12 or 13. Needs neither KVM nor loop devices nor a kernel module. The result holds a CDDL module beside
# a GPL kernel: it is for this machine, not for publication.
set -euo pipefail

OUT=$1 WORK=$2 MODULES=$3
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SUITE=trixie
KERNEL_FLAVOUR=cloud-amd64
DISK_SIZE=6G

step() { printf 'lab image: %4d s  %s\n' "$SECONDS" "$*" >&2; }
die() { printf 'lab image: %s\n' "$*" >&2; exit 1; }

. "$HERE/debian.sh"

# Compiled natively in a chroot of its own with headers, compiler and the source of zfs-dkms: no compiler reaches the image.
build_zfs_module() {
  local chroot=$WORK/zfs-chroot source
  if [ -s "$MODULE_ARCHIVE" ]; then step "ZFS module: kept from an earlier build"; return; fi
  bootstrap "linux-headers-$KERNEL,gcc,make,libc6-dev,gawk,python3-minimal" "$chroot"
  (cd "$WORK" && pinned_apt apt-get download "zfs-dkms=$ZFS")
  dpkg-deb -x "$WORK"/zfs-dkms_*.deb "$chroot"
  source=$(basename "$chroot"/usr/src/zfs-*)
  mount -t proc proc "$chroot/proc"
  # Without the headers' vmlinux no BTF is made: that needs debug information, and without it ZFS's configure gives up.
  if ! chroot "$chroot" /bin/sh -ec "
      rm -f /usr/src/linux-headers-$KERNEL/vmlinux
      export KCFLAGS=-g0
      cd /usr/src/$source
      ./configure --with-config=kernel --with-linux=/lib/modules/$KERNEL/source \
        --with-linux-obj=/lib/modules/$KERNEL/build --disable-dependency-tracking
      make -s -j$(nproc)
      mkdir -p /stage/lib/modules/$KERNEL/updates/dkms
      find module -name '*.ko' -exec strip --strip-debug {} + -exec cp -t /stage/lib/modules/$KERNEL/updates/dkms {} +
    " >"$WORK/zfs-build.log" 2>&1; then
    tail -n 25 "$WORK/zfs-build.log" >&2
    umount "$chroot/proc"
    return 1
  fi
  umount "$chroot/proc"
  tar -C "$chroot/stage" --owner=0 --group=0 -cf "$MODULE_ARCHIVE.part" lib
  mv "$MODULE_ARCHIVE.part" "$MODULE_ARCHIVE"
  rm -rf "$chroot"
  step "ZFS module: compiled"
}

build_root() {
  bootstrap "linux-image-$KERNEL,$(sed 's/#.*//' "$HERE/packages" | xargs | tr ' ' ',')" "$ROOT" \
    --essential-hook="cp -r '$HERE/overlay/etc/initramfs-tools' \"\$1/etc/\"" \
    --essential-hook='mkdir -p "$1/usr/share/man/man1"'
  step "packages installed ($(du -sh "$ROOT" | cut -f1))"
}

configure_root() {
  tar -C "$ROOT" --keep-directory-symlink -xf "$MODULE_ARCHIVE"
  chroot "$ROOT" depmod "$KERNEL"
  tar -C "$HERE/overlay" --owner=0 --group=0 -cf - . | tar -C "$ROOT" --keep-directory-symlink --no-overwrite-dir -xf -
  install -d -m 700 "$ROOT/root/.ssh"
  install -m 600 "$OUT/id_ed25519.pub" "$ROOT/root/.ssh/authorized_keys"
  mount -t proc proc "$ROOT/proc"  # systemctl complains without
  chroot "$ROOT" systemctl -q enable systemd-networkd ssh
  # What would work beside the tests: package timers, trimming, automatic activation of found volumes and sessions.
  chroot "$ROOT" systemctl -q mask systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer \
    e2scrub_all.timer e2scrub_reap.service fstrim.timer dpkg-db-backup.timer lvm2-monitor.service
  umount "$ROOT/proc"
  rm -rf "$ROOT"/var/cache/apt/* "$ROOT"/var/lib/apt/lists/* "$ROOT"/etc/apt/sources.list "$ROOT"/etc/apt/sources.list.d/* "$ROOT"/etc/apt/apt.conf.d/99mmdebstrap "$ROOT"/var/log/*.log
  tr -d - </proc/sys/kernel/random/uuid >"$ROOT/etc/machine-id"
}

make_disk() {
  chroot "$ROOT" update-initramfs -c -k "$KERNEL" >"$WORK/initramfs.log" 2>&1 || { tail -n 15 "$WORK/initramfs.log" >&2; return 1; }
  cp "$ROOT/boot/vmlinuz-$KERNEL" "$OUT/vmlinuz"
  mv "$ROOT/boot/initrd.img-$KERNEL" "$OUT/initrd.img"
  truncate -s "$DISK_SIZE" "$OUT/disk.raw"
  mke2fs -q -F -t ext4 -L labroot -E lazy_itable_init=1,lazy_journal_init=1 -m 0 -d "$ROOT" "$OUT/disk.raw"
  { echo "suite=$SUITE"; echo "kernel=$KERNEL"; echo "zfs-module=$ZFS"
    chroot "$ROOT" dpkg-query -W -f '${Package}=${Version}\n' zfsutils-linux targetcli-fb open-iscsi lvm2 openjdk-21-jre-headless
  } >"$OUT/manifest"
}

[ "$(id -u)" = 0 ] || die "must run as root: it makes device nodes and changes root directories"
mkdir -p "$OUT" "$WORK"/apt/lists/partial "$WORK"/apt/cache/archives/partial "$MODULES"
ROOT=$WORK/root
package_sources >"$WORK/sources.list"
acquire_settings
[ -s "$WORK/sources.list" ] || die "no Debian package source with a downloaded index was found on this machine; run apt-get update"
pinned_apt apt-get update
KERNEL=$(pinned_apt apt-cache show --no-all-versions "linux-image-$KERNEL_FLAVOUR" | sed -n 's/^Depends: linux-image-\([^ ,]*\).*/\1/p')
ZFS=$(pinned_apt apt-cache show --no-all-versions zfs-dkms | sed -n 's/^Version: //p')
[ -n "$KERNEL" ] && [ -n "$ZFS" ] || die "the package sources offer no kernel or no OpenZFS for $SUITE"
MODULE_ARCHIVE=$MODULES/zfs-${ZFS}_${KERNEL}.tar
step "kernel $KERNEL, OpenZFS $ZFS"

ssh-keygen -q -t ed25519 -N '' -C understudy-lab -f "$OUT/id_ed25519"
build_zfs_module & module=$!
build_root & root=$!
wait "$root"
wait "$module"
configure_root
make_disk
step "done: $(du -h "$OUT/disk.raw" | cut -f1) on disk, $DISK_SIZE seen by the machine"

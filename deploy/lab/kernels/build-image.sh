#!/usr/bin/env bash
# Builds the disk of a machine of the suite `kernels`: a Debian release with its kernel, on a partition of a GPT disk.
#
#   build-image.sh OUT WORK SUITE FLAVOUR [FURTHER]
#
# OUT      gets disk.raw, vmlinuz, initrd.img, id_ed25519 (the lab's ssh key) and manifest (what is inside)
# WORK     scratch directory, removed by the caller, who also gives this script a mount namespace of its own
# FURTHER  the suite that the kernel comes from, if it is another one
#
# Runs as root on Debian 12 or 13. Ends with status 3 if the package sources of this machine do not offer the kernel.
set -euo pipefail

OUT=$1 WORK=$2 SUITE=$3 FLAVOUR=$4 FURTHER=${5:-}
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB=$HERE/..
DISK_MIB=2048
PARTITION_MIB=1  # where it begins; as much is left at the end for the backup of the partition table
NOT_OFFERED=3

step() { printf 'lab image: %4d s  %s\n' "$SECONDS" "$*" >&2; }
die() { printf 'lab image: %s\n' "$*" >&2; exit 1; }

. "$LAB/debian.sh"

build_root() {
  bootstrap "linux-image-$KERNEL,$(sed 's/#.*//' "$HERE/packages" | xargs | tr ' ' ',')" "$ROOT" \
    --essential-hook="mkdir -p \"\$1/etc/initramfs-tools/conf.d\" && cp '$WORK/initramfs.conf' \"\$1/etc/initramfs-tools/conf.d/lab\" && cp '$WORK/initramfs.modules' \"\$1/etc/initramfs-tools/modules\"" \
    --essential-hook='mkdir -p "$1/usr/share/man/man1"'
  step "packages installed ($(du -sh "$ROOT" | cut -f1))"
}

configure_root() {
  tar -C "$LAB/overlay" --exclude=./etc/initramfs-tools --exclude=./etc/modprobe.d --owner=0 --group=0 -cf - . |
    tar -C "$ROOT" --keep-directory-symlink --no-overwrite-dir -xf -
  install -d -m 700 "$ROOT/root/.ssh"
  install -m 600 "$OUT/id_ed25519.pub" "$ROOT/root/.ssh/authorized_keys"
  mount -t proc proc "$ROOT/proc"  # systemctl complains without
  chroot "$ROOT" systemctl -q enable systemd-networkd ssh
  # What would work beside the tests, or touch devices that they make.
  chroot "$ROOT" systemctl -q mask systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer dpkg-db-backup.timer lvm2-monitor.service mdcheck_start.timer mdcheck_continue.timer \
    mdmonitor-oneshot.timer mdmonitor.service
  umount "$ROOT/proc"
  rm -rf "$ROOT"/var/cache/apt/* "$ROOT"/var/lib/apt/lists/* "$ROOT"/etc/apt/sources.list "$ROOT"/etc/apt/sources.list.d/* \
    "$ROOT"/etc/apt/apt.conf.d/99mmdebstrap "$ROOT"/var/log/*.log
  tr -d - </proc/sys/kernel/random/uuid >"$ROOT/etc/machine-id"
}

make_disk() {
  chroot "$ROOT" update-initramfs -c -k "$KERNEL" >"$WORK/initramfs.log" 2>&1 || { tail -n 15 "$WORK/initramfs.log" >&2; return 1; }
  cp "$ROOT/boot/vmlinuz-$KERNEL" "$OUT/vmlinuz"
  mv "$ROOT/boot/initrd.img-$KERNEL" "$OUT/initrd.img"
  truncate -s "${DISK_MIB}M" "$OUT/disk.raw"
  printf 'label: gpt\nstart=%s, size=%s, type=linux\n' $((PARTITION_MIB * 2048)) $(((DISK_MIB - 2 * PARTITION_MIB) * 2048)) | sfdisk -q "$OUT/disk.raw"
  mke2fs -q -F -t ext4 -L labroot -m 0 -E "offset=$((PARTITION_MIB * 1048576)),lazy_itable_init=1,lazy_journal_init=1" -d "$ROOT" \
    "$OUT/disk.raw" "$(((DISK_MIB - 2 * PARTITION_MIB) * 1024))k"
  { echo "suite=$SUITE"; echo "kernel=$KERNEL"
    chroot "$ROOT" dpkg-query -W -f '${Package}=${Version}\n' "linux-image-$KERNEL" lvm2 mdadm cryptsetup-bin fio
  } >"$OUT/manifest"
}

[ "$(id -u)" = 0 ] || die "must run as root: it makes device nodes and changes root directories"
mkdir -p "$OUT" "$WORK"/apt/lists/partial "$WORK"/apt/cache/archives/partial
ROOT=$WORK/root
printf 'MODULES=list\nCOMPRESS=gzip\nFSTYPE=ext4\n' >"$WORK/initramfs.conf"
printf '%s\n' virtio_pci virtio_blk virtio_net nvme ext4 >"$WORK/initramfs.modules"
# shellcheck disable=SC2086  # an empty FURTHER is no argument
package_sources $FURTHER >"$WORK/sources.list"
acquire_settings
[ -s "$WORK/sources.list" ] || die "no Debian package source with a downloaded index was found on this machine; run apt-get update"
reachable_sources
pinned_apt apt-get update
KERNEL=$(pinned_apt apt-cache ${FURTHER:+-o "APT::Default-Release=$FURTHER"} show --no-all-versions "linux-image-$FLAVOUR" 2>/dev/null |
  sed -n 's/^Depends: linux-image-\([^ ,]*\).*/\1/p')
[ -n "$KERNEL" ] || { step "the package sources of this machine offer no linux-image-$FLAVOUR for ${FURTHER:-$SUITE}"; exit "$NOT_OFFERED"; }
step "kernel $KERNEL of ${FURTHER:-$SUITE}"

ssh-keygen -q -t ed25519 -N '' -C understudy-lab -f "$OUT/id_ed25519"
build_root
configure_root
make_disk
step "done: $(du -h "$OUT/disk.raw" | cut -f1) on disk, $DISK_MIB MiB seen by the machine"

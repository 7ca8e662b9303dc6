#!/usr/bin/env bash
# Makes a small bootable Linux server: a raw disk with an MBR, extlinux, one ext4 file system, a Debian kernel and busybox
# with a web server. It stands for the protected machine in the demonstration and in tests.
#
# usage: make-guest.sh OUT.raw
# environment:
#   SIZE       size of the disk (256M)
#   HOST_NAME  name of the machine (web1)
#   FLAVOUR    cloud-amd64: virtio, IDE and NVMe drivers; amd64: also AHCI and e1000e, as a physical server has (cloud-amd64)
#   CACHE      where the kernel package is kept between runs (/var/cache/understudy-guest)
#   DATA_MB    random data in /srv/data, in MiB (8)
# needs: root, a loop device, busybox-static extlinux syslinux-common kmod e2fsprogs fdisk cpio, apt for the kernel package
set -euo pipefail

OUT=${1:?usage: make-guest.sh OUT.raw}
SIZE=${SIZE:-256M} HOST_NAME=${HOST_NAME:-web1} FLAVOUR=${FLAVOUR:-cloud-amd64} DATA_MB=${DATA_MB:-8}
CACHE=${CACHE:-/var/cache/understudy-guest}
HERE=$(cd "$(dirname "$0")" && pwd)
PARTITION_START=1048576
# What the machine may need to find its disk and its network on virtual or physical hardware.
DRIVERS="virtio_pci virtio_blk virtio_scsi virtio_net sd_mod ata_piix ata_generic ahci nvme mptspi
  e1000 e1000e vmxnet3 8139cp button evdev virtio_console virtio_rng ext4 crc32c_generic"

work=$(mktemp -d)
loop=
cleanup() {
  if mountpoint -q "$work/mnt"; then umount "$work/mnt"; fi
  if [ -n "$loop" ]; then losetup -d "$loop"; fi
  rm -rf "$work"
}
trap cleanup EXIT

fetch_kernel() {  # unpacks the Debian kernel that the flavour's meta package names into $CACHE/$FLAVOUR/x
  [ -e "$CACHE/$FLAVOUR/complete" ] && return
  local package
  package=$(apt-cache depends "linux-image-$FLAVOUR" | awk '/Depends: linux-image-/ { print $2; exit }')
  [ -n "$package" ] || { apt-get -qq update; package=$(apt-cache depends "linux-image-$FLAVOUR" | awk '/Depends: linux-image-/ { print $2; exit }'); }
  rm -rf "${CACHE:?}/$FLAVOUR"
  mkdir -p "$CACHE/$FLAVOUR"
  chmod 755 "$CACHE/$FLAVOUR"
  (
    cd "$CACHE/$FLAVOUR"
    apt-get -qq -o APT::Sandbox::User=root download "$package"
    dpkg-deb -x linux-image-*.deb x
    rm -f linux-image-*.deb
  )
  depmod -b "$CACHE/$FLAVOUR/x" "$(ls "$CACHE/$FLAVOUR/x/lib/modules")"
  touch "$CACHE/$FLAVOUR/complete"
}

install_busybox() {  # DIR
  mkdir -p "$1"/{bin,sbin,usr/bin,usr/sbin,proc,sys,dev,tmp,run,root,mnt}
  cp "$(command -v busybox)" "$1/bin/busybox"
  local applet
  for applet in $(busybox --list); do
    [ "$applet" = busybox ] || ln -sf /bin/busybox "$1/bin/$applet"
  done
  ln -sf /bin/busybox "$1/sbin/init"
}

install_modules() {  # DIR: the drivers and what they depend on
  local driver path
  mkdir -p "$1/lib/modules/$release"
  cp "$kernel/lib/modules/$release"/modules.{builtin,order} "$1/lib/modules/$release/"
  for driver in $DRIVERS; do
    modprobe -d "$kernel" -S "$release" --show-depends "$driver" 2>/dev/null | awk '$1 == "insmod" { print $2 }' || true
  done | sort -u | while read -r path; do
    mkdir -p "$1/$(dirname "${path#"$kernel"}")"
    cp "$path" "$1/${path#"$kernel"}"
  done
  depmod -b "$1" "$release" 2>/dev/null
}

make_initramfs() {
  install_busybox "$work/initramfs"
  install_modules "$work/initramfs"
  install -m 0755 "$HERE/initramfs/init" "$work/initramfs/init"
  (cd "$work/initramfs" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd.img"
}

make_root() {
  local root=$work/root
  install_busybox "$root"
  install_modules "$root"
  mkdir -p "$root"/{boot/extlinux,srv/data,var/lib/app,var/log,etc}
  cp -r "$HERE/root/." "$root/"
  chmod +x "$root"/etc/rcS "$root"/etc/udhcpc.sh "$root"/etc/acpi/PWRF/* "$root"/srv/www/cgi-bin/*
  cp "$kernel/boot/vmlinuz-$release" "$root/boot/vmlinuz"
  cp "$work/initrd.img" "$root/boot/initrd.img"
  echo "$HOST_NAME" >"$root/etc/hostname"
  printf 'NAME="Understudy demo"\nID=demo\nVERSION_ID="1"\nPRETTY_NAME="Understudy demo machine"\n' >"$root/etc/os-release"
  echo "UUID=$uuid / ext4 defaults 0 1" >"$root/etc/fstab"
  printf '<!doctype html>\n<title>%s</title>\n<p>Hello from %s.</p>\n' "$HOST_NAME" "$HOST_NAME" >"$root/srv/www/index.html"
  [ "$DATA_MB" = 0 ] || dd if=/dev/urandom of="$root/srv/data/blob" bs=1M count="$DATA_MB" status=none
  cat >"$root/boot/extlinux/extlinux.conf" <<TXT
DEFAULT linux
PROMPT 0
TIMEOUT 0
LABEL linux
 LINUX /boot/vmlinuz
 INITRD /boot/initrd.img
 APPEND root=UUID=$uuid ro quiet nokaslr mitigations=off noreplace-smp random.trust_cpu=on tsc=reliable no_timer_check 8250.nr_uarts=1 console=ttyS0 console=tty0
TXT
}

make_disk() {
  rm -f "$OUT"
  truncate -s "$SIZE" "$OUT"
  echo "$((PARTITION_START / 512)),,83,*" | sfdisk -q "$OUT"
  dd if=/usr/lib/syslinux/mbr/mbr.bin of="$OUT" bs=440 count=1 conv=notrunc status=none
  local bytes=$(($(stat -c %s "$OUT") - PARTITION_START))
  # extlinux needs 4 KiB blocks and none of the features that it does not know.
  mke2fs -q -F -t ext4 -b 4096 -O '^64bit,^metadata_csum,^huge_file' -U "$uuid" -L "${HOST_NAME:0:12}" -d "$work/root" \
    -E "offset=$PARTITION_START" "$OUT" $((bytes / 4096))
  loop=$(losetup -f --show -o "$PARTITION_START" --sizelimit "$bytes" "$OUT")
  mkdir -p "$work/mnt"
  mount "$loop" "$work/mnt"
  extlinux --install "$work/mnt/boot/extlinux" 2>/dev/null
  umount "$work/mnt"
  losetup -d "$loop"
  loop=
}

fetch_kernel
kernel=$CACHE/$FLAVOUR/x
release=$(ls "$kernel/lib/modules")
uuid=$(cat /proc/sys/kernel/random/uuid)
make_initramfs
make_root
make_disk

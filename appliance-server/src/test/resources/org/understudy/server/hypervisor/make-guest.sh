#!/bin/bash
# make-guest.sh OUT.raw: a small bootable Linux server for platform tests (MBR, extlinux, ext4, BusyBox, Debian's cloud kernel).
# It takes an address by DHCP, answers HTTP on port 80 with $PAGE, obeys the power button and prints READY on its screen.
# Its initramfs holds virtio, NVMe and ata_piix. Needs root, a loop device, and the Debian packages
# busybox-static extlinux syslinux-common kmod e2fsprogs fdisk cpio.
set -euo pipefail
OUT=${1:?usage: make-guest.sh OUT.raw}
SIZE=${SIZE:-160M} PAGE=${PAGE:-hello} CACHE=${CACHE:-/var/tmp/understudy-test-guest}
FLAVOR=cloud-amd64
mkdir -p "$CACHE"
W=$(mktemp -d) LOOP=
cleanup() { ! mountpoint -q "$W/mnt" || umount "$W/mnt"; [ -z "$LOOP" ] || losetup -d "$LOOP"; rm -rf "$W"; }
trap cleanup EXIT

K=$CACHE/$FLAVOR
exec 9>"$CACHE/lock"
flock 9
if [ ! -e "$K/ok" ]; then
  P=$(apt-cache depends "linux-image-$FLAVOR" | awk '/Depends: linux-image-/{print $2; exit}')
  mkdir -p "$K/deb"
  (cd "$K/deb" && apt-get -qq -o APT::Sandbox::User=root download "$P" && dpkg-deb -x linux-image-*.deb "$K" && rm -f linux-image-*.deb)
  depmod -b "$K" "$(ls "$K/lib/modules")"
  touch "$K/ok"
fi
flock -u 9
KV=$(ls "$K/lib/modules") BB=$(command -v busybox)

mods() {
  mkdir -p "$1/lib/modules/$KV"
  cp "$K/lib/modules/$KV"/modules.{builtin,order} "$1/lib/modules/$KV/"
  for m in virtio_pci virtio_blk sd_mod ata_piix ata_generic nvme virtio_net button evdev ext4 crc32c_generic; do
    modprobe -d "$K" -S "$KV" --show-depends "$m" 2>/dev/null | awk '$1=="insmod"{print $2}' || true
  done | sort -u | while read -r f; do
    r=${f#"$K"}
    mkdir -p "$1/$(dirname "$r")"
    cp "$f" "$1/$r"
  done
  depmod -b "$1" "$KV" 2>/dev/null
}
tree() {
  mkdir -p "$1"/{bin,sbin,usr/bin,usr/sbin,proc,sys,dev,tmp,run,root,mnt}
  cp "$BB" "$1/bin/busybox"
  for a in $(busybox --list); do [ "$a" = busybox ] || ln -sf /bin/busybox "$1/bin/$a"; done
  ln -sf /bin/busybox "$1/sbin/init"
}

I=$W/initramfs
tree "$I"
mods "$I"
cat > "$I/init" <<'X'
#!/bin/sh
mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev
coldplug() { cat $(find /sys/devices -name modalias) 2>/dev/null | sort -u | while read -r a; do modprobe -q "$a"; done; }
coldplug; coldplug
for m in sd_mod crc32c_generic ext4; do modprobe -q $m; done
for w in $(cat /proc/cmdline); do case $w in root=*) R=${w#root=};; esac; done
n=0; while [ $n -lt 100 ]; do D=$(findfs "$R" 2>/dev/null) && [ -b "$D" ] && break; n=$((n+1)); sleep 0.1; done
mount -t ext4 "$D" /mnt || { echo "NO ROOT $R"; exec sh; }
umount /sys /proc; mount --move /dev /mnt/dev; exec switch_root /mnt /sbin/init
X
chmod +x "$I/init"
(cd "$I" && find . | cpio -o -H newc --quiet | gzip -1 > "$W/initrd.img")

R=$W/root
tree "$R"
mods "$R"
mkdir -p "$R"/{etc/acpi/PWRF,boot/extlinux,srv/www,var/log}
cp "$K/boot/vmlinuz-$KV" "$R/boot/vmlinuz"
cp "$W/initrd.img" "$R/boot/initrd.img"
echo 'root::0:0:root:/root:/bin/sh' > "$R/etc/passwd"
printf '::sysinit:/etc/rcS\ntty1::respawn:/bin/getty -n -l /bin/sh 0 tty1\n::shutdown:/bin/sh -c "sync; umount -a -r"\n' > "$R/etc/inittab"
cat > "$R/etc/rcS" <<'X'
#!/bin/sh
mount -t proc p /proc; mount -t sysfs s /sys; mount -t tmpfs t /run; mount -o remount,rw /
ifconfig lo 127.0.0.1
cat $(find /sys/devices -name modalias) 2>/dev/null | sort -u | while read -r a; do modprobe -q "$a"; done
httpd -h /srv/www -p 80
for i in /sys/class/net/*; do i=${i##*/}; [ $i = lo ] && continue; ifconfig $i up
  udhcpc -b -i $i -t 8 -T 1 -A 2 -s /etc/udhcpc.sh >/dev/null 2>&1 & done
modprobe -q evdev; modprobe -q button; acpid -l /var/log/acpid.log
clear > /dev/tty1; echo "=== READY ===" > /dev/tty1
X
cat > "$R/etc/udhcpc.sh" <<'X'
#!/bin/sh
case $1 in bound|renew) ifconfig $interface $ip netmask ${subnet:-255.255.255.0};; esac
X
printf '#!/bin/sh\n/bin/poweroff\n' > "$R/etc/acpi/PWRF/00000080"
chmod +x "$R"/etc/{rcS,udhcpc.sh} "$R/etc/acpi/PWRF/00000080"
echo "$PAGE" > "$R/srv/www/index.html"
UUID=$(cat /proc/sys/kernel/random/uuid)
cat > "$R/boot/extlinux/extlinux.conf" <<X
DEFAULT l
PROMPT 0
TIMEOUT 0
LABEL l
 LINUX /boot/vmlinuz
 INITRD /boot/initrd.img
 APPEND root=UUID=$UUID ro quiet nokaslr mitigations=off random.trust_cpu=on tsc=reliable no_timer_check console=ttyS0 console=tty0
X

rm -f "$OUT"
truncate -s "$SIZE" "$OUT"
echo '2048,,83,*' | sfdisk -q "$OUT"
dd if=/usr/lib/syslinux/mbr/mbr.bin of="$OUT" bs=440 count=1 conv=notrunc status=none
B=$(stat -c %s "$OUT")
mke2fs -q -F -t ext4 -b 4096 -O ^64bit,^metadata_csum,^huge_file -U "$UUID" -d "$R" -E offset=1048576 "$OUT" $(((B - 1048576) / 4096))
LOOP=$(losetup -f --show -o 1048576 --sizelimit $((B - 1048576)) "$OUT")
mkdir -p "$W/mnt"
mount "$LOOP" "$W/mnt"
extlinux --install "$W/mnt/boot/extlinux" 2>/dev/null
umount "$W/mnt"
losetup -d "$LOOP"
LOOP=

# The suite `kernels`: the agent's change tracking on Debian's kernels, one machine after the other. Sourced by lab.sh.
#
# Each machine is a Debian release of its own, with its root file system on a partition of the tracked disk, and further disks of
# which the tests make the devices that they track. It is started twice: with the root disk as virtio, and as NVMe.

KERNELS_MEMORY_MIB=2048
KERNELS_JAVA_OPTIONS='-Xmx1100m -Xss512k -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData --enable-native-access=ALL-UNNAMED -Dlogback.statusListenerClass=ch.qos.logback.core.status.NopStatusListener'  # it freezes its own root
KERNELS_NOT_OFFERED=3

kernels_listed() { sed 's/#.*//' "$HERE/kernels/list" | awk 'NF'; }

kernels_check() {  # the names asked for; all but those of a backports suite, if none
  local name
  if [ ${#KERNELS[@]} = 0 ]; then
    mapfile -t KERNELS < <(kernels_listed | awk '!$4 { print $1 }')
  fi
  for name in "${KERNELS[@]}"; do
    kernels_listed | awk -v name="$name" '$1 == name { found = 1 } END { exit !found }' ||
      die "there is no kernel '$name'; there are: $(kernels_listed | awk '{ print $1 }' | xargs)"
  done
}

kernels_key() {  # suite, flavour, further suite: every file that decides what is in the image
  { printf '%s\n' "$@"; (cd "$HERE" && find debian.sh kernels/build-image.sh kernels/packages overlay -type f | LC_ALL=C sort | xargs sha256sum); } |
    sha256sum | cut -c1-16
}

kernels_runtime() {  # a Java runtime of what the suite needs: not every Debian has one that is new enough
  local runtime=$HERE/target/runtime
  if [ ! -e "$runtime/release" ] || [ "$runtime/release" -ot "$JAVA_HOME/release" ]; then
    rm -rf "$runtime"
    "$JAVA_HOME/bin/jlink" --add-modules java.base,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,jdk.unsupported,jdk.net,jdk.zipfs --strip-debug --no-header-files --no-man-pages \
      --generate-cds-archive --output "$runtime"
  fi
}

kernels_tests() {  # tags, name of the results
  local tags=$1 file=$RESULTS/$2.json status=0 crashes=0
  while :; do
    GUEST_SECONDS=$SUITE_SECONDS guest "cd /var/tmp && LC_ALL=C.UTF-8 /opt/runtime/bin/java $KERNELS_JAVA_OPTIONS \
      -Dunderstudy.lab.volume=/mnt/volume -cp '/opt/lab/*' org.understudy.lab.SuiteRun '$tags' /run/results.json" >&2 && status=0 || status=$?
    [ "$status" = 134 ] && [ "$crashes" = 0 ] || break  # see run_suite
    crashes=1
    say "  the Java runtime in the machine crashed; the tests start again"
  done
  if ! guest "cat /run/results.json && rm /run/results.json" >"$file" 2>/dev/null || [ ! -s "$file" ]; then
    printf '{"suite":"%s","passed":false,"problem":"the tests ended with status %s and left no results","tests":[]}\n' "$tags" "$status" >"$file"
    [ "$status" != 0 ] || status=1
  fi
  if [ "$status" != 0 ]; then
    say "  the machine's kernel said last:"
    GUEST_SECONDS=60 guest "dmesg | tail -n 15" >&2 || tail -n 15 "$RUN/console.log" >&2
  fi
  return "$status"
}

kernels_tools() {  # a disk with the runtime and the tests: copying them over ssh would take a minute and a half in each machine
  local tree=$RUN/tools
  mkdir "$tree"
  cp -a "$HERE/target/runtime" "$HERE/target/lab" "$tree/"
  mke2fs -q -F -t ext4 -O ^has_journal -m 0 -d "$tree" "$RUN/tools.raw" 256m
  rm -r "$tree"
  DISKS+=(-drive "if=none,id=tools,file=$RUN/tools.raw,format=raw,read-only=on" -device virtio-blk-pci,drive=tools,serial=tools)
}

kernels_mount() {  # what outlives a boot and is not under test: images, their truth; and the tests
  guest "mount -o ro /dev/disk/by-id/virtio-tools /opt
    blkid /dev/disk/by-id/virtio-volume >/dev/null || mkfs.ext4 -q -E lazy_itable_init=1 /dev/disk/by-id/virtio-volume
    mkdir -p /mnt/volume && mount -o noatime /dev/disk/by-id/virtio-volume /mnt/volume"
}

kernels_machine() {  # kernel, driver of the root disk, tags of the tests: one machine from its start to its end, with a reboot
  local kernel=$1 driver=$2 tags=$3 status=0 from boot reboot
  machine_renew
  MEMORY_MIB=$KERNELS_MEMORY_MIB
  machine_disk root image "$driver"
  machine_disk volume 5G virtio-blk-pci
  machine_disk one 320M virtio-blk-pci
  machine_disk two 448M virtio-blk-pci
  machine_disk flash 320M nvme
  DISKS+=(-device virtio-scsi-pci)
  machine_disk rotor 320M scsi-hd
  machine_disk slow 96M virtio-blk-pci ,throttling.iops-write=120
  kernels_tools
  from=$(now)
  machine_start
  boot=$(since "$from")
  say "Kernel $kernel ($(grep -E '^(suite|kernel)=' "$IMAGE/manifest" | xargs)) runs, its root disk is ${driver%%-*}; booted in $boot s"
  kernels_mount || die "the machine's further disks cannot be mounted"
  kernels_tests "$tags" "kernel-$kernel-${driver%%-*}-first" || status=1
  from=$(now)
  machine_reboot
  reboot=$(since "$from")
  say "  started again in $reboot s"
  kernels_mount || die "the machine's further disks cannot be mounted"
  kernels_tests kernels-rebooted "kernel-$kernel-${driver%%-*}-rebooted" || status=1
  machine_end
  printf '{"rootDisk":"%s","passed":%s,"bootSeconds":%s,"rebootSeconds":%s,"results":[%s]}\n' "${driver%%-*}" \
    "$([ "$status" = 0 ] && echo true || echo false)" "$boot" "$reboot" \
    "$(cat "$RESULTS/kernel-$kernel-${driver%%-*}-first.json" "$RESULTS/kernel-$kernel-${driver%%-*}-rebooted.json" | paste -sd,)" \
    >>"$RESULTS/kernel-$kernel.machines"
  return "$status"
}

run_kernels() {  # its entry of the results; fails if a test failed or no kernel could be had
  local name suite flavour further status=0 built had=0 from; from=$(now)
  kernels_runtime
  for name in "${KERNELS[@]}"; do
    read -r name suite flavour further < <(kernels_listed | awk -v name="$name" '$1 == name')
    built=0
    # shellcheck disable=SC2086  # an empty further suite is no argument
    find_image "kernel-$name" "$(kernels_key "$suite" "$flavour" $further)" "$HERE/kernels/build-image.sh" "$suite" "$flavour" $further || built=$?
    if [ "$built" != 0 ]; then
      [ "$built" = "$KERNELS_NOT_OFFERED" ] || status=1
      say "Kernel $name cannot be had here."
      printf '{"name":"%s","problem":"%s"}\n' "$name" \
        "$([ "$built" = "$KERNELS_NOT_OFFERED" ] && echo "the package sources of this machine do not offer it" || echo "its image could not be built")" \
        >>"$RESULTS/kernels.list"
      continue
    fi
    had=1
    kernels_machine "$name" virtio-blk-pci 'kernels | kernels-root' || status=1
    kernels_machine "$name" nvme kernels-root || status=1
    printf '{"name":"%s","image":%s,"machines":[%s]}\n' "$name" "$(json_image)" "$(paste -sd, "$RESULTS/kernel-$name.machines")" >>"$RESULTS/kernels.list"
  done
  [ "$had" = 1 ] || status=1
  printf '{"name":"kernels","seconds":%s,"passed":%s,"kernels":[%s]}\n' "$(since "$from")" \
    "$([ "$status" = 0 ] && echo true || echo false)" "$(paste -sd, "$RESULTS/kernels.list")" >"$RESULTS/kernels.json.entry"
  return "$status"
}

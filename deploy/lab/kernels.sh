# The suite `kernels`: the agent's change tracking on Debian's kernels, one machine after the other. Sourced by lab.sh.
#
# Each machine is a Debian release of its own, with its root file system on a partition of the tracked disk, and further disks of
# which the tests make the devices that they track. It is started twice: with the root disk as virtio, and as NVMe.
#
# A machine may die or hang with a test. What was measured until then is kept, that test has failed, and the rest is run in the machine started
# again; so every result leaves the machine as a line as soon as it is there (see SuiteResults).

KERNELS_MEMORY_MIB=2048
KERNELS_JAVA_OPTIONS='-Xmx1100m -Xss512k -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData --enable-native-access=ALL-UNNAMED -Dlogback.statusListenerClass=ch.qos.logback.core.status.NopStatusListener'  # it freezes its own root
KERNELS_NOT_OFFERED=3
KERNELS_LIVES=4       # how often a machine is started at the most
KERNELS_DISKS=(one two flash rotor slow)  # under test

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

kernels_collect() {  # name of the results: takes what SuiteRun prints, shows what is for people
  local base=$RESULTS/$1 line rest
  while IFS= read -r line; do
    case $line in
      '@running '*) printf '%s\n' "${line#@running }" >"$base.running" ;;
      '@result '*)
        rest=${line#@result }
        rm -f "$base.running"
        printf '%s\n' "${rest%% *}" >>"$base.earlier"
        printf '%s\n' "${rest#* }" >>"$base.lines" ;;
      *) say "$line" ;;
    esac
  done
}

kernels_lost() {  # name of the results, what happened: the test that ran has failed and is not run again
  local base=$RESULTS/$1 problem=$2 test=''
  if [ -s "$base.running" ]; then
    test=$(cut -d ' ' -f 2- "$base.running")
    cut -d ' ' -f 1 "$base.running" >>"$base.earlier"
    printf '{"name":"%s","status":"failed","seconds":0,"reason":"%s while it ran"}\n' "$(sed 's/["\\]//g' <<<"$test")" "$problem" >>"$base.lines"
    rm -f "$base.running"
  else
    printf '{"name":"%s","status":"failed","seconds":0,"reason":"%s"}\n' "the machine" "$problem" >>"$base.lines"
  fi
  say "  failed           ${test:-the machine}: $problem"
}

kernels_life() {  # tags, name of the results: runs what did not run yet; the status of SuiteRun, or of a connection that was lost
  local tags=$1 base=$RESULTS/$2 status=0 watcher
  guest "cat >/run/earlier" <"$base.earlier" || return
  # Nobody answers any more after a panic, and ssh would wait for minutes to find that out.
  (while sleep 3; do if machine_panicked; then machine_stop; exit; fi; done) &
  watcher=$!
  GUEST_SECONDS=$SUITE_SECONDS guest "cd /var/tmp && LC_ALL=C.UTF-8 /opt/runtime/bin/java $KERNELS_JAVA_OPTIONS \
    -Dunderstudy.lab.volume=/mnt/volume -Dunderstudy.lab.lines=true -Dunderstudy.lab.earlier=/run/earlier ${UNDERSTUDY_LAB_OPTIONS:-} \
    -cp '/opt/lab/*' org.understudy.lab.SuiteRun '$tags' /run/results.json" 2>&1 </dev/null | kernels_collect "$2" || status=$?
  kill "$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  return "$status"
}

kernels_tests() {  # tags, name of the results: all tests, in as many lives of the machine as they need
  local tags=$1 name=$2 status=0 crashes=0 lives failed=0
  : >"$RESULTS/$name.earlier"
  : >"$RESULTS/$name.lines"
  for ((lives = 1; ; )); do
    status=0
    kernels_life "$tags" "$name" || status=$?
    case $status in
      0) break ;;
      1) failed=1; break ;;
      2) # nothing (more) to run, which is right if only some classes were asked for
        [ -s "$RESULTS/$name.lines" ] || [[ ${UNDERSTUDY_LAB_OPTIONS:-} == *lab.classes* ]] || failed=1
        break ;;
      134) if [ "$crashes" = 0 ]; then  # see run_suite
          crashes=1
          say "  the Java runtime in the machine crashed; the test that ran starts again"
          continue
        fi
        kernels_lost "$name" "the Java runtime crashed" ;;
      *) if machine_panicked; then kernels_lost "$name" "the kernel panicked"; else kernels_lost "$name" "the machine hung or was lost (status $status)"; fi
        say "  the machine's kernel said last:"
        tail -n 15 "$RUN/console.log" >&2 || true ;;
    esac
    failed=1
    lives=$((lives + 1))
    if [ "$lives" -gt "$KERNELS_LIVES" ]; then
      kernels_lost "$name" "what is left was not run: the machine was started $KERNELS_LIVES times"
      break
    fi
    if [ "$status" != 134 ]; then
      machine_stop
      machine_blank "${KERNELS_DISKS[@]}"
      { machine_start && kernels_mount; } || { kernels_lost "$name" "the machine could not be started again"; break; }
    fi
  done
  if [ "$failed" = 1 ]; then
    say "  the machine's kernel said last:"
    GUEST_SECONDS=60 guest "dmesg | tail -n 15" >&2 2>/dev/null || true
  fi
  printf '{"suite":"%s","passed":%s,"javaCrashes":%s,"machineStarts":%s,"tests":[%s]}\n' "$tags" \
    "$([ "$failed" = 0 ] && echo true || echo false)" "$crashes" "$lives" "$(paste -sd, "$RESULTS/$name.lines")" >"$RESULTS/$name.json"
  return "$failed"
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

kernels_machine() {  # kernel, driver of the root disk, tags of further tests or nothing: one machine, with a reboot
  local kernel=$1 driver=$2 further=${3:-} disk=${2%%-*} status=0 from boot=0 reboot=0 problem=''
  local results=$RESULTS/kernel-$kernel-$disk
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
  if machine_start && kernels_mount; then
    boot=$(since "$from")
    say "Kernel $kernel ($(grep -E '^(suite|kernel)=' "$IMAGE/manifest" | xargs)) runs, its root disk is $disk; booted in $boot s"
    kernels_tests kernels-root "kernel-$kernel-$disk-1-root" || status=1
    from=$(now)
    if machine_reboot && kernels_mount; then
      reboot=$(since "$from")
      say "  started again in $reboot s"
      kernels_tests kernels-rebooted "kernel-$kernel-$disk-2-rebooted" || status=1
      if [ -n "$further" ]; then kernels_tests "$further" "kernel-$kernel-$disk-3-further" || status=1; fi
    else
      problem="the machine did not start again after its reboot"
    fi
  else
    problem="the machine did not start"
  fi
  [ -z "$problem" ] || { status=1; say "Kernel $kernel, root disk $disk: $problem"; }
  machine_end
  printf '{"rootDisk":"%s","passed":%s,"problem":"%s","bootSeconds":%s,"rebootSeconds":%s,"bootPanics":%s,"results":[%s]}\n' "$disk" \
    "$([ "$status" = 0 ] && echo true || echo false)" "$problem" "$boot" "$reboot" "$MACHINE_PANICS" \
    "$(find "$RESULTS" -name "${results##*/}-*.json" | sort | xargs -r cat | paste -sd,)" >>"$RESULTS/kernel-$kernel.machines"
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
    kernels_machine "$name" virtio-blk-pci kernels || status=1
    kernels_machine "$name" nvme || status=1
    printf '{"name":"%s","image":%s,"machines":[%s]}\n' "$name" "$(json_image)" "$(paste -sd, "$RESULTS/kernel-$name.machines")" >>"$RESULTS/kernels.list"
  done
  [ "$had" = 1 ] || status=1
  printf '{"name":"kernels","seconds":%s,"passed":%s,"kernels":[%s]}\n' "$(since "$from")" \
    "$([ "$status" = 0 ] && echo true || echo false)" "$(paste -sd, "$RESULTS/kernels.list")" >"$RESULTS/kernels.json.entry"
  return "$status"
}

# The lab machine: one QEMU process under software emulation. Sourced by lab.sh; needs IMAGE (see build-image.sh), RUN and MEMORY_MIB.
#
# RUN is the directory of this one machine: an overlay over the image, data disks, the sockets and logs. The image is only read.
# The machine's network is QEMU's user mode, closed in both directions but for one port of 127.0.0.1 that leads to its ssh.

CPUS=2
DATA_DISK=8G
BOOT_SECONDS=300
BOOT_TRIES=3  # a kernel that panics while it boots, seen once under emulation, is started again
PANICKED=3    # status of machine_await

machine_panicked() { grep -q 'Kernel panic' "$RUN/console.log" 2>/dev/null; }

machine_alive() { [ -s "$RUN/qemu.pid" ] && [ -d "/proc/$(cat "$RUN/qemu.pid")" ]; }

DISKS=()          # arguments of QEMU
MACHINE_PANICS=0  # of this machine, while it booted
MACHINE_NICE=${UNDERSTUDY_LAB_NICE:-10}

machine_disk() {  # name (its serial number), size or the word image, driver, further options of -drive: adds an empty disk, or the image's
  local name=$1 size=$2 driver=$3 more=${4:-}
  if [ "$size" = image ]; then
    qemu-img create -q -f qcow2 -b "$IMAGE/disk.raw" -F raw "$RUN/$name.qcow2"
  else
    qemu-img create -q -f qcow2 "$RUN/$name.qcow2" "$size"
    echo "$size" >"$RUN/$name.size"
  fi
  # The discard of the images and unsafe caching suit a machine that is thrown away.
  DISKS+=(-drive "if=none,id=$name,file=$RUN/$name.qcow2,format=qcow2,cache=unsafe,discard=unmap$more" -device "$driver,drive=$name,serial=$name")
}

machine_blank() {  # name...: empties disks of a machine that does not run
  local name
  for name in "$@"; do qemu-img create -q -f qcow2 "$RUN/$name.qcow2" "$(cat "$RUN/$name.size")"; done
}

machine_renew() {  # what is left of a machine before, ended and removed
  machine_stop
  rm -rf "$RUN"
  mkdir -p "$RUN"
  DISKS=()
  MACHINE_PANICS=0
}

machine_qemu() {  # starts the process; fails with the reason told
  local forwarded
  if [ ${#DISKS[@]} = 0 ]; then
    machine_disk root image virtio-blk-pci
    machine_disk data "$DATA_DISK" virtio-blk-pci
  fi
  rm -f "$RUN/ssh.control"
  # Port 0: the kernel chooses one that is free.
  nice -n "$MACHINE_NICE" qemu-system-x86_64 -name understudy-lab -M q35 -accel tcg,thread=multi,tb-size=512 -cpu max -smp "$CPUS" -m "$MEMORY_MIB" \
    -nodefaults -no-user-config -display none \
    -kernel "$IMAGE/vmlinuz" -initrd "$IMAGE/initrd.img" \
    -append "root=LABEL=labroot rw console=ttyS0 net.ifnames=0 mitigations=off audit=0 nowatchdog rcupdate.rcu_cpu_stall_timeout=300 random.trust_cpu=on quiet loglevel=4" \
    "${DISKS[@]}" \
    -netdev user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:0-:22 -device virtio-net-pci,netdev=net,romfile= \
    -device virtio-rng-pci -serial "file:$RUN/console.log" \
    -pidfile "$RUN/qemu.pid" -daemonize -D "$RUN/qemu.log" 2>>"$RUN/qemu.log" ||
    { tail -n 5 "$RUN/qemu.log" >&2; say "QEMU did not start"; return 1; }
  forwarded=$(ss -Hltnp | sed -nE "s/.* 127\.0\.0\.1:([0-9]+) .*pid=$(cat "$RUN/qemu.pid"),.*/\1/p" | head -n 1)
  [ -n "$forwarded" ] || { say "QEMU listens on no port for the machine's ssh; $RUN/qemu.log may say why"; return 1; }
  echo "$forwarded" >"$RUN/ssh.port"
}

machine_start() {  # boots; a panic is tried again. Counts panics in MACHINE_PANICS; fails with the reason told
  local try status
  for ((try = 1; ; try++)); do
    machine_qemu || return 1
    status=0
    machine_await || status=$?
    [ "$status" = "$PANICKED" ] || return "$status"
    MACHINE_PANICS=$((MACHINE_PANICS + 1))
    machine_stop
    [ "$try" -lt "$BOOT_TRIES" ] || { say "The machine's kernel panicked $BOOT_TRIES times while it booted."; return 1; }
    say "The machine's kernel panicked while it booted; it is started again."
  done
}

machine_await() {  # until it answers; PANICKED if its kernel gave up
  local limit=$((SECONDS + BOOT_SECONDS))
  until guest -o ConnectTimeout=10 -o ConnectionAttempts=1 true 2>/dev/null; do
    machine_alive || { tail -n 5 "$RUN/qemu.log" >&2; say "The machine ended while it booted."; return 1; }
    if machine_panicked; then
      grep -A 12 'Kernel panic' "$RUN/console.log" | tail -n 12 >&2
      return "$PANICKED"
    fi
    [ $SECONDS -lt $limit ] || { tail -n 20 "$RUN/console.log" >&2; say "The machine did not answer within $BOOT_SECONDS s."; return 1; }
    sleep 0.5
  done
}

guest() {  # [ssh option...] command: runs it as root in the machine, for at most GUEST_SECONDS if that is set
  ${GUEST_SECONDS:+timeout --foreground "$GUEST_SECONDS"} ssh -p "$(cat "$RUN/ssh.port")" -i "$IMAGE/id_ed25519" -F none -o IdentitiesOnly=yes -o BatchMode=yes -o LogLevel=ERROR \
    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=60 -o ServerAliveInterval=30 -o ServerAliveCountMax=10 \
    -o ControlMaster=auto -o "ControlPath=$RUN/ssh.control" -o ControlPersist=60 root@127.0.0.1 "$@"
}

machine_push() {  # directory here, directory there: its contents
  tar -C "$1" -cf - . | guest "mkdir -p '$2' && tar -C '$2' -xf -"
}

machine_reboot() {  # in good order, as an administrator does it; fails with the reason told
  local before limit=$((SECONDS + BOOT_SECONDS)); before=$(guest cat /proc/sys/kernel/random/boot_id) || return 1
  GUEST_SECONDS=60 guest "systemctl reboot" >/dev/null 2>&1 || true  # the connection may end before the answer comes
  guest -O exit >/dev/null 2>&1 || true
  until [ "$(guest -o ConnectTimeout=10 -o ConnectionAttempts=1 cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo "$before")" != "$before" ]; do
    machine_alive || { tail -n 5 "$RUN/qemu.log" >&2; say "The machine ended instead of starting again."; return 1; }
    if machine_panicked; then
      say "The machine's kernel panicked while it booted again; it is started anew."
      MACHINE_PANICS=$((MACHINE_PANICS + 1))
      machine_stop
      machine_start
      return
    fi
    [ $SECONDS -lt $limit ] || { tail -n 20 "$RUN/console.log" >&2; say "The machine did not come back within $BOOT_SECONDS s."; return 1; }
    sleep 1
  done
}

machine_stop() {  # at once: what the machine holds is thrown away
  local pid
  machine_alive || return 0
  pid=$(cat "$RUN/qemu.pid")
  kill "$pid" 2>/dev/null || true
  while [ -d "/proc/$pid" ]; do sleep 0.1; done
}

machine_end() {  # as --keep says; a kept machine ends when another one starts
  if [ -n "$KEEP" ]; then
    say "The machine stays up, until './understudy clean':
  ssh -i $IMAGE/id_ed25519 -p $(cat "$RUN/ssh.port") root@127.0.0.1"
  else
    machine_stop
  fi
}

# The lab machine: one QEMU process under software emulation. Sourced by lab.sh; needs IMAGE (see build-image.sh), RUN and MEMORY_MIB.
#
# RUN is the directory of this one machine: an overlay over the image, data disks, the sockets and logs. The image is only read.
# The machine's network is QEMU's user mode, closed in both directions but for one port of 127.0.0.1 that leads to its ssh.

CPUS=2
DATA_DISK=8G
BOOT_SECONDS=300

machine_alive() { [ -s "$RUN/qemu.pid" ] && [ -d "/proc/$(cat "$RUN/qemu.pid")" ]; }

DISKS=()  # arguments of QEMU

machine_disk() {  # name (its serial number), size or the word image, driver, further options of -drive: adds an empty disk, or the image's
  local name=$1 size=$2 driver=$3 more=${4:-}
  if [ "$size" = image ]; then
    qemu-img create -q -f qcow2 -b "$IMAGE/disk.raw" -F raw "$RUN/$name.qcow2"
  else
    qemu-img create -q -f qcow2 "$RUN/$name.qcow2" "$size"
  fi
  # The discard of the images and unsafe caching suit a machine that is thrown away.
  DISKS+=(-drive "if=none,id=$name,file=$RUN/$name.qcow2,format=qcow2,cache=unsafe,discard=unmap$more" -device "$driver,drive=$name,serial=$name")
}

machine_renew() {  # what is left of a machine before, ended and removed
  machine_stop
  rm -rf "$RUN"
  mkdir -p "$RUN"
  DISKS=()
}

machine_start() {
  local forwarded
  if [ ${#DISKS[@]} = 0 ]; then
    machine_disk root image virtio-blk-pci
    machine_disk data "$DATA_DISK" virtio-blk-pci
  fi
  # Port 0: the kernel chooses one that is free.
  nice -n 10 qemu-system-x86_64 -name understudy-lab -M q35 -accel tcg,thread=multi,tb-size=512 -cpu max -smp "$CPUS" -m "$MEMORY_MIB" \
    -nodefaults -no-user-config -display none \
    -kernel "$IMAGE/vmlinuz" -initrd "$IMAGE/initrd.img" \
    -append "root=LABEL=labroot rw console=ttyS0 net.ifnames=0 mitigations=off audit=0 nowatchdog rcupdate.rcu_cpu_stall_timeout=300 random.trust_cpu=on quiet loglevel=4" \
    "${DISKS[@]}" \
    -netdev user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:0-:22 -device virtio-net-pci,netdev=net,romfile= \
    -device virtio-rng-pci -serial "file:$RUN/console.log" \
    -pidfile "$RUN/qemu.pid" -daemonize -D "$RUN/qemu.log" 2>>"$RUN/qemu.log" ||
    { tail -n 5 "$RUN/qemu.log" >&2; die "the lab machine did not start"; }
  forwarded=$(ss -Hltnp | sed -nE "s/.* 127\.0\.0\.1:([0-9]+) .*pid=$(cat "$RUN/qemu.pid"),.*/\1/p" | head -n 1)
  [ -n "$forwarded" ] || die "QEMU listens on no port for the lab machine's ssh; $RUN/qemu.log may say why"
  echo "$forwarded" >"$RUN/ssh.port"
  machine_await
}

machine_await() {
  local limit=$((SECONDS + BOOT_SECONDS))
  until guest -o ConnectTimeout=10 -o ConnectionAttempts=1 true 2>/dev/null; do
    machine_alive || { tail -n 5 "$RUN/qemu.log" >&2; die "the lab machine ended while it booted"; }
    [ $SECONDS -lt $limit ] || { tail -n 20 "$RUN/console.log" >&2; die "the lab machine did not answer within $BOOT_SECONDS s"; }
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

machine_reboot() {  # in good order, as an administrator does it
  local before limit=$((SECONDS + BOOT_SECONDS)); before=$(guest cat /proc/sys/kernel/random/boot_id)
  GUEST_SECONDS=60 guest "systemctl reboot" >/dev/null 2>&1 || true  # the connection may end before the answer comes
  guest -O exit >/dev/null 2>&1 || true
  until [ "$(guest -o ConnectTimeout=10 -o ConnectionAttempts=1 cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo "$before")" != "$before" ]; do
    machine_alive || { tail -n 5 "$RUN/qemu.log" >&2; die "the machine ended instead of starting again"; }
    [ $SECONDS -lt $limit ] || { tail -n 20 "$RUN/console.log" >&2; die "the machine did not come back within $BOOT_SECONDS s"; }
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

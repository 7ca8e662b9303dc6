# The lab machine: one QEMU process under software emulation. Sourced by lab.sh; needs IMAGE (see build-image.sh) and RUN.
#
# RUN is the directory of this one machine: an overlay over the image, data disks, the sockets and logs. The image is only read.
# The machine's network is QEMU's user mode, closed in both directions but for one port of 127.0.0.1 that leads to its ssh.

MEMORY_MIB=3072
CPUS=2
DATA_DISK=8G
BOOT_SECONDS=300

machine_alive() { [ -s "$RUN/qemu.pid" ] && [ -d "/proc/$(cat "$RUN/qemu.pid")" ]; }

machine_start() {
  local forwarded
  qemu-img create -q -f qcow2 -b "$IMAGE/disk.raw" -F raw "$RUN/root.qcow2"
  qemu-img create -q -f qcow2 "$RUN/data.qcow2" "$DATA_DISK"
  # Port 0: the kernel chooses one that is free. The discard of the images and unsafe caching suit a machine that is thrown away.
  qemu-system-x86_64 -name understudy-lab -M q35 -accel tcg,thread=multi,tb-size=512 -cpu max -smp "$CPUS" -m "$MEMORY_MIB" \
    -nodefaults -no-user-config -display none \
    -kernel "$IMAGE/vmlinuz" -initrd "$IMAGE/initrd.img" \
    -append "root=LABEL=labroot rw console=ttyS0 net.ifnames=0 mitigations=off audit=0 nowatchdog rcupdate.rcu_cpu_stall_timeout=300 random.trust_cpu=on quiet loglevel=4" \
    -drive "if=none,id=root,file=$RUN/root.qcow2,format=qcow2,cache=unsafe,discard=unmap" -device virtio-blk-pci,drive=root,serial=root \
    -drive "if=none,id=data,file=$RUN/data.qcow2,format=qcow2,cache=unsafe,discard=unmap" -device virtio-blk-pci,drive=data,serial=data \
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

machine_stop() {  # at once: what the machine holds is thrown away
  local pid
  machine_alive || return 0
  pid=$(cat "$RUN/qemu.pid")
  kill "$pid" 2>/dev/null || true
  while [ -d "/proc/$pid" ]; do sleep 0.1; done
}

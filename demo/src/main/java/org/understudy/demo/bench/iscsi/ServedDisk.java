package org.understudy.demo.bench.iscsi;

import java.net.InetSocketAddress;

/**
 * A disk behind a target that runs in a process of its own.
 *
 * @param target the name of the target's program
 * @param pid the target's process
 * @param sizeBytes size of the disk
 */
record ServedDisk(String target, InetSocketAddress address, String iqn, int lun, long pid, long sizeBytes) {

    String url() {
        return "iscsi://" + address.getAddress().getHostAddress() + ":" + address.getPort() + "/" + iqn + "/" + lun;
    }
}

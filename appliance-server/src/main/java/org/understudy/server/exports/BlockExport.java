package org.understudy.server.exports;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.understudy.server.kernel.HostId;

/**
 * What to export, to whom.
 *
 * @param iqn target name
 * @param luns devices in LUN order from 0
 * @param chapUser user that the initiator must prove
 * @param chapSecret its secret, 12 characters or more
 * @param onlyHost the host whose agent certificate alone may log in through TLS; empty for a plain export to a third party
 */
public record BlockExport(String iqn, List<Lun> luns, String chapUser, String chapSecret, Optional<HostId> onlyHost) {

    /**
     * @param device raw file or block device
     * @param readOnly refuse writes as write-protected
     * @param serial shown to the initiator
     */
    public record Lun(Path device, boolean readOnly, String serial) {}

    /** Many initiators take no shorter secret. Source: RFC 7143 section 9.2.1. */
    private static final int SHORTEST_SECRET = 12;

    public BlockExport {
        luns = List.copyOf(luns);
        if (luns.isEmpty()) {
            throw new IllegalArgumentException("an export needs a device");
        }
        if (chapSecret.length() < SHORTEST_SECRET) {
            throw new IllegalArgumentException("a CHAP secret has " + SHORTEST_SECRET + " characters or more");
        }
    }

    @Override
    public String toString() {
        return "BlockExport[iqn=" + iqn + ", luns=" + luns + ", onlyHost=" + onlyHost + "]";
    }
}

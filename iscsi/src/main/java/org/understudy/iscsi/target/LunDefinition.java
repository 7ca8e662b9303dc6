package org.understudy.iscsi.target;

import org.understudy.iscsi.device.BlockDevice;

/**
 * One logical unit of a target. The target owns the device from {@link IscsiTargetServer#add} on and closes it on removal.
 *
 * @param lun logical unit number, 0 to 16383
 * @param device the blocks; a device that is read-only is shown write-protected
 * @param serial unit serial number (VPD 0x80) and base of the identifier in VPD 0x83: stable and unique, 1 to 36 printable
 *     ASCII characters
 * @param removable initiators may eject and load the medium; the data stays where it is
 * @param quietStart a new session finds no unit attention, for initiators that take the first one for a failure
 */
public record LunDefinition(int lun, BlockDevice device, String serial, boolean removable, boolean quietStart) {

    public static final int MAX_LUN = 16383;

    public LunDefinition(int lun, BlockDevice device, String serial) {
        this(lun, device, serial, false);
    }

    public LunDefinition(int lun, BlockDevice device, String serial, boolean removable) {
        this(lun, device, serial, removable, false);
    }

    public LunDefinition {
        if (lun < 0 || lun > MAX_LUN) {
            throw new IllegalArgumentException("LUN must be 0 to " + MAX_LUN + ", not " + lun);
        }
        if (!serial.matches("[\\x21-\\x7e]{1,36}")) {
            throw new IllegalArgumentException("serial must be 1 to 36 printable ASCII characters: " + serial);
        }
    }

    /** The same unit without the unit attention at the start of a session. */
    public LunDefinition withQuietStart() {
        return new LunDefinition(lun, device, serial, removable, true);
    }
}

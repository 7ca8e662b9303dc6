package org.understudy.agent.linux.tracking;

import org.jspecify.annotations.Nullable;
import org.understudy.agent.linux.device.DeviceNumber;

/** Whether a tracker is of the device that is there now. Stateless. */
final class TrackerIdentity {

    private TrackerIdentity() {}

    static long encode(DeviceNumber number) {
        return (long) number.major() << 32 | number.minor();
    }

    /** Why it is not, half a sentence; null if it is. */
    static @Nullable String differs(Control control, TrackedDevice now) {
        if (control.get(Control.DEVICE_NUMBER) != encode(now.number())
                || control.get(Control.DISK_NUMBER) != encode(now.disk())) {
            return "the device has another number than when tracking began";
        }
        if (control.get(Control.SEQUENCE) != now.sequence()) {
            return "it is another disk than the one that was tracked (its sequence number differs)";
        }
        if (control.get(Control.SECTORS) != now.sectors() || control.get(Control.START_SECTOR) != now.startSector()) {
            return "it was resized or moved: it had " + control.get(Control.SECTORS) + " sectors from sector "
                    + control.get(Control.START_SECTOR) + " on and has " + now.sectors() + " from "
                    + now.startSector();
        }
        if (control.get(Control.STACK) != now.stack()) {
            return "the devices below it, or their table, changed";
        }
        if (control.get(Control.REQUEST_BASED) != (now.requestBased() ? 1 : 0)) {
            return "its driver takes requests in another way now";
        }
        return null;
    }
}

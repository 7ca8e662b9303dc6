package org.understudy.iscsi.device;

import java.io.IOException;

/** A write or unmap met a device that may only be read. */
public final class ReadOnlyDeviceException extends IOException {

    private static final long serialVersionUID = 1;

    public ReadOnlyDeviceException(String device) {
        super(device + " is read-only");
    }
}

package org.understudy.iscsi.scsi;

import java.io.ByteArrayOutputStream;

/** Caching, control and informational exceptions pages (SPC-4 section 7.5, SBC-3 section 6.4). Thread-safe. */
final class ModePages {

    static final int CACHING = 0x08;
    static final int CONTROL = 0x0a;
    static final int INFORMATIONAL_EXCEPTIONS = 0x1c;
    static final int ALL = 0x3f;

    /** Page control: which values MODE SENSE asks for. */
    enum Values {
        CURRENT,
        CHANGEABLE,
        DEFAULT,
        SAVED
    }

    private volatile boolean descriptorSense;
    private volatile boolean softwareWriteProtected;

    boolean descriptorSense() {
        return descriptorSense;
    }

    boolean softwareWriteProtected() {
        return softwareWriteProtected;
    }

    void reset() {
        descriptorSense = false;
        softwareWriteProtected = false;
    }

    static boolean exists(int page) {
        return page == CACHING || page == CONTROL || page == INFORMATIONAL_EXCEPTIONS || page == ALL;
    }

    byte[] pages(int page, Values values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (page == CACHING || page == ALL) {
            out.writeBytes(caching(values));
        }
        if (page == CONTROL || page == ALL) {
            out.writeBytes(control(values));
        }
        if (page == INFORMATIONAL_EXCEPTIONS || page == ALL) {
            byte[] exceptions = new byte[12];
            exceptions[0] = INFORMATIONAL_EXCEPTIONS;
            exceptions[1] = 10;
            out.writeBytes(exceptions);
        }
        return out.toByteArray();
    }

    private static byte[] caching(Values values) {
        byte[] page = new byte[20];
        page[0] = CACHING;
        page[1] = 18;
        if (values != Values.CHANGEABLE) {
            // WCE: there is a write cache, SYNCHRONIZE CACHE empties it
            page[2] = 0x04;
        }
        return page;
    }

    private byte[] control(Values values) {
        byte[] page = new byte[12];
        page[0] = CONTROL;
        page[1] = 10;
        switch (values) {
            case CHANGEABLE -> {
                page[2] = 0x04;
                page[4] = 0x08;
            }
            case CURRENT -> {
                page[2] = (byte) (descriptorSense ? 0x04 : 0);
                page[3] = 0x10;
                page[4] = (byte) (softwareWriteProtected ? 0x08 : 0);
                page[8] = (byte) 0xff;
                page[9] = (byte) 0xff;
            }
            case DEFAULT, SAVED -> {
                page[3] = 0x10;
                page[8] = (byte) 0xff;
                page[9] = (byte) 0xff;
            }
        }
        return page;
    }

    /**
     * Takes a page from MODE SELECT.
     *
     * @return true if a value changed
     */
    boolean select(byte[] page) throws CheckCondition {
        int code = page[0] & 0x3f;
        byte[] current = pages(code, Values.CURRENT);
        byte[] changeable = pages(code, Values.CHANGEABLE);
        if (!exists(code) || code == ALL || page.length != current.length || page[1] != current[1]) {
            throw CheckCondition.illegal(SenseCode.INVALID_FIELD_IN_PARAMETER_LIST);
        }
        for (int i = 2; i < page.length; i++) {
            if (((page[i] ^ current[i]) & ~changeable[i]) != 0) {
                throw CheckCondition.illegal(SenseCode.INVALID_FIELD_IN_PARAMETER_LIST);
            }
        }
        if (code != CONTROL) {
            return false;
        }
        boolean newDescriptorSense = (page[2] & 0x04) != 0;
        boolean newProtected = (page[4] & 0x08) != 0;
        boolean changed = newDescriptorSense != descriptorSense || newProtected != softwareWriteProtected;
        descriptorSense = newDescriptorSense;
        softwareWriteProtected = newProtected;
        return changed;
    }
}

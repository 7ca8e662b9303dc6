package org.understudy.iscsi.target;

/** Longest data segment that the peer takes: declared at login, and again whenever it likes (RFC 7143 section 13.12). */
final class SendLimit {

    private volatile int bytes;

    SendLimit(int bytes) {
        this.bytes = bytes;
    }

    int bytes() {
        return bytes;
    }

    /** Holds for every segment that is cut from now on. */
    void declare(int newBytes) {
        bytes = newBytes;
    }
}

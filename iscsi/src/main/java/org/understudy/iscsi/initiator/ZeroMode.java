package org.understudy.iscsi.initiator;

/** Ways to make a range read as zeros, best first. UNMAP alone is none of them: it is a hint and promises nothing. */
enum ZeroMode {
    /** WRITE SAME of a zero block with the UNMAP bit: frees the space. */
    WRITE_SAME_UNMAP,
    /** WRITE SAME of a zero block: short on the wire. */
    WRITE_SAME,
    /** Zeros as data: every disk can do it. */
    WRITE;

    /** What to try when the target does not know this one. */
    ZeroMode next() {
        return this == WRITE_SAME_UNMAP ? WRITE_SAME : WRITE;
    }
}

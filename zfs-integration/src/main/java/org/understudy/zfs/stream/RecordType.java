package org.understudy.zfs.stream;

/** {@code drr_type}, in the order of the stream format. */
enum RecordType {
    BEGIN,
    OBJECT,
    FREE_OBJECTS,
    WRITE,
    FREE,
    END,
    WRITE_BY_REFERENCE,
    SPILL,
    WRITE_EMBEDDED,
    OBJECT_RANGE,
    REDACT
}

package org.understudy.agent.linux.tracking;

import java.util.OptionalInt;
import org.understudy.agent.linux.bpf.Bpf;

/** How marks are kept in the map that programs write. */
enum MarkForm {
    /** A bit for each, set by atomic OR (Linux 5.12). */
    BITS(Long.BYTES, Long.SIZE),
    /** A byte for each, set by a plain store: for kernels without atomic OR. */
    BYTES(4096, 4096);

    private final int entryBytes;
    private final int marksOfEntry;

    MarkForm(int entryBytes, int marksOfEntry) {
        this.entryBytes = entryBytes;
        this.marksOfEntry = marksOfEntry;
    }

    long bytesFor(long marks) {
        return marks / marksOfEntry * entryBytes;
    }

    Bpf.MapSpec map(long marks) {
        return new Bpf.MapSpec(
                "us_marks", Bpf.MapKind.ARRAY, Integer.BYTES, entryBytes, (int) (marks / marksOfEntry), true);
    }

    /** The verifier of such a kernel bears few turns of a loop, so that the largest bio needs granules of this size. */
    OptionalInt finestGranule() {
        return this == BYTES ? OptionalInt.of(32 << 10) : OptionalInt.empty();
    }
}

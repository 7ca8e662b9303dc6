package org.understudy.agent.linux.tracking;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.understudy.agent.linux.bpf.Bpf;
import org.understudy.agent.linux.bpf.BpfException;
import org.understudy.agent.linux.bpf.KernelObject;

/**
 * The bios that the programs remember by their address, from submission to completion. One whose completion was skipped stays until its
 * address is used again, or until it is forgotten. Guarded by the tracker's lock; programs change the map at any time.
 */
final class BiosInFlight {

    /** Words of a value: sector of the disk, bytes, nanoseconds of the monotonic clock when it was submitted. */
    static final int WORDS = 3;

    /** How long nearly no bio is on its way. */
    static final long AGE_NANOS = 120_000_000_000L;

    private final KernelObject map;

    BiosInFlight(KernelObject map) {
        this.map = map;
    }

    /**
     * A write that was submitted and whose completion was not seen.
     *
     * @param address of the kernel's structure
     * @param sector first sector of the whole disk
     * @param submitted {@link System#nanoTime}, which is the kernel's monotonic clock
     */
    record Bio(long address, long sector, long bytes, long submitted) {

        boolean isOld(long now) {
            return now - submitted > AGE_NANOS;
        }
    }

    /** All that are remembered from the beginning to the end of the call, and perhaps some of the others. */
    List<Bio> all() throws BpfException {
        List<Bio> bios = new ArrayList<>();
        for (Bpf.Entry entry : Bpf.entries(map, WORDS)) {
            bios.add(new Bio(entry.key(), entry.value()[0], entry.value()[1], entry.value()[2]));
        }
        return bios;
    }

    /** Remembers a bio as the program on submission does. */
    void put(Bio bio) throws BpfException {
        Bpf.put(map, new Bpf.Entry(bio.address(), new long[] {bio.sector(), bio.bytes(), bio.submitted()}));
    }

    /**
     * Forgets a bio.
     *
     * @return false if another bio with its address was forgotten in its place, of which nothing is known any more
     */
    boolean forget(Bio bio) throws IOException {
        // A kernel that cannot tell what it removed skips no program either (5.14 came before the first that does), so
        // nothing stays behind there that would have to be forgotten.
        return !(Bpf.remove(map, bio.address(), WORDS) instanceof Bpf.Removed removed)
                || removed.value()[2] == bio.submitted();
    }
}

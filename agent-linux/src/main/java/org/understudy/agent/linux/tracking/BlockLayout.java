package org.understudy.agent.linux.tracking;

import java.util.List;
import java.util.Optional;
import org.understudy.agent.linux.bpf.Btf;

/**
 * Where this kernel keeps what the programs look at. Every offset comes from BTF: members and arguments move between kernels, and
 * distributions move them without a new version.
 *
 * @param bioDisk offsets to follow from a bio to its {@code gendisk}
 * @param requestDisk offsets to follow from a request to its {@code gendisk}
 * @param completedBytes position of the argument of {@code block_rq_complete} that says how much was done
 */
record BlockLayout(
        int bioOperation,
        int bioSector,
        int bioBytes,
        int bioPrivate,
        List<Integer> bioDisk,
        int requestOperation,
        int requestSector,
        int requestBytes,
        List<Integer> requestDisk,
        int diskMajor,
        int diskMinor,
        Btf.Tracepoint bioQueued,
        Btf.Tracepoint bioCompleted,
        Btf.Tracepoint requestCompleted,
        int completedBytes,
        Operations operations) {

    BlockLayout {
        bioDisk = List.copyOf(bioDisk);
        requestDisk = List.copyOf(requestDisk);
    }

    /**
     * Finds everything.
     *
     * @throws MissingException if this kernel has no such thing
     */
    static BlockLayout of(Btf btf) throws MissingException {
        Btf.Tracepoint queued = tracepoint(btf, "block_bio_queue", "bio");
        Btf.Tracepoint completed = tracepoint(btf, "block_bio_complete", "bio");
        Btf.Tracepoint requestDone = tracepoint(btf, "block_rq_complete", "request");
        return new BlockLayout(
                offset(btf, 4, "bio", "bi_opf"),
                offset(btf, 8, "bio", "bi_iter", "bi_sector"),
                offset(btf, 4, "bio", "bi_iter", "bi_size"),
                offset(btf, 8, "bio", "bi_private"),
                btf.member("bio", "bi_bdev").isPresent()
                        ? List.of(offset(btf, 8, "bio", "bi_bdev"), offset(btf, 8, "block_device", "bd_disk"))
                        : List.of(offset(btf, 8, "bio", "bi_disk")),
                offset(btf, 4, "request", "cmd_flags"),
                offset(btf, 8, "request", "__sector"),
                offset(btf, 4, "request", "__data_len"),
                btf.member("request_queue", "disk").isPresent()
                        ? List.of(offset(btf, 8, "request", "q"), offset(btf, 8, "request_queue", "disk"))
                        : List.of(offset(btf, 8, "request", "rq_disk")),
                offset(btf, 4, "gendisk", "major"),
                offset(btf, 4, "gendisk", "first_minor"),
                queued,
                completed,
                requestDone,
                requestDone.arguments().size() - 1,
                Operations.of(btf.enumerationWith("REQ_OP_READ")));
    }

    private static int offset(Btf btf, int bytes, String structure, String... path) throws MissingException {
        String name = structure + "." + String.join(".", path);
        Optional<Btf.Member> member = btf.member(structure, path);
        if (member.isEmpty()) {
            throw new MissingException("its type information has no " + name);
        }
        if (member.get().bytes() != bytes) {
            throw new MissingException(
                    name + " has " + member.get().bytes() + " bytes instead of " + bytes + " in this kernel");
        }
        return member.get().offset();
    }

    private static Btf.Tracepoint tracepoint(Btf btf, String name, String structure) throws MissingException {
        Optional<Btf.Tracepoint> found = btf.tracepoint(name);
        if (found.isEmpty() || found.get().argument(structure) < 0) {
            throw new MissingException("it has no tracepoint " + name + " with a " + structure);
        }
        return found.get();
    }

    /** This kernel lacks something; the message is half a sentence about the kernel. */
    static final class MissingException extends Exception {

        private static final long serialVersionUID = 1;

        MissingException(String message) {
            super(message);
        }
    }
}

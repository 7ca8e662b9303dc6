package org.understudy.server.protection.internal.points;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.internal.DurableFiles;
import org.understudy.server.protection.internal.Json;
import tools.jackson.core.JacksonException;

/** {@code manifest.json} and {@code disk<n>.digests} in a {@code meta} directory. */
public final class ManifestFile {

    /** The only version that this code writes and reads. */
    public static final int VERSION = 1;

    /** No manifest comes near this; a larger file is not one. */
    private static final long MAX_BYTES = 16 << 20;

    private static final String NAME = "manifest.json";

    private ManifestFile() {}

    public static Path digests(Path meta, int disk) {
        return meta.resolve("disk" + disk + ".digests");
    }

    public static void write(Path meta, Manifest manifest) throws IOException {
        byte[] json = Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest);
        DurableFiles.write(meta.resolve(NAME), json);
    }

    /** @throws ProblemException {@code MANIFEST_UNREADABLE}, also if it is another point's */
    public static Manifest read(Path meta, HostId host, PointId point) {
        Manifest manifest;
        try {
            Path file = meta.resolve(NAME);
            if (Files.size(file) > MAX_BYTES) {
                throw unreadable(point, "it is larger than any manifest");
            }
            manifest = Json.MAPPER.readValue(Files.readAllBytes(file), Manifest.class);
        } catch (NoSuchFileException e) {
            throw unreadable(point, "there is none");
        } catch (IOException | JacksonException e) {
            throw Problem.of(
                            ProblemCode.MANIFEST_UNREADABLE,
                            "point",
                            point.toString(),
                            "reason",
                            String.valueOf(e.getMessage()))
                    .asException(e);
        }
        check(manifest, host, point);
        return manifest;
    }

    // A parsed file need not be complete: JSON leaves fields that are missing null.
    @SuppressWarnings("NullAway")
    private static void check(Manifest manifest, HostId host, PointId point) {
        if (manifest == null) {
            throw unreadable(point, "it is empty");
        }
        if (manifest.version() != VERSION) {
            throw unreadable(point, "it has version " + manifest.version());
        }
        if (!point.toString().equals(manifest.point()) || !host.toString().equals(manifest.host())) {
            throw unreadable(point, "it belongs to point " + manifest.point() + " of host " + manifest.host());
        }
        boolean complete = manifest.hostName() != null
                && manifest.hostEnrolledAt() != null
                && manifest.run() != null
                && manifest.takenAt() != null
                && manifest.consistency() != null
                && manifest.consistencyReason() != null
                && manifest.disks() != null
                && manifest.facts() != null;
        if (!complete) {
            throw unreadable(point, "fields are missing");
        }
        for (Manifest.ManifestDisk disk : manifest.disks()) {
            if (disk == null
                    || disk.key() == null
                    || disk.digestFileSha256() == null
                    || disk.number() < 0
                    || disk.sizeBytes() < 0
                    || disk.blockSize() < 512) {
                throw unreadable(point, "the entry of a disk is not complete");
            }
        }
    }

    static ProblemException unreadable(PointId point, String reason) {
        return Problem.of(ProblemCode.MANIFEST_UNREADABLE, "point", point.toString(), "reason", reason)
                .asException();
    }
}

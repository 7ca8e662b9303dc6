package org.understudy.agent.boot;

import io.airlift.compress.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * What an initial RAM disk holds: one or several cpio archives (newc) one after another, each plain or compressed, as the kernel
 * unpacks them ({@code init/initramfs.c}, {@code Documentation/driver-api/early-userspace/buffer-format.rst}). Read in one pass
 * with bounded memory; of a damaged archive nothing is believed.
 */
final class Initramfs {

    /** A dictionary larger than this needs more memory than an agent may take. */
    private static final int MAX_DICTIONARY_KIB = 18 << 10;

    private static final long MAX_UNPACKED_BYTES = 1L << 30;
    private static final int MAX_NAME_BYTES = 4096;
    private static final int MAX_BUILTIN_BYTES = 1 << 20;
    private static final int MAX_VERSIONS = 100;
    private static final int HEADER_BYTES = 110;
    private static final Pattern MODULE =
            Pattern.compile("(?:\\./|/)?(?:usr/)?lib/modules/([^/]+)/(?:.*/)?([^/]+?)\\.ko(?:\\.(?:gz|xz|zst|bz2))?");
    private static final Pattern BUILTIN = Pattern.compile("(?:\\./|/)?(?:usr/)?lib/modules/([^/]+)/modules\\.builtin");

    private final Set<String> drivers = new TreeSet<>();
    private final Set<String> versions = new TreeSet<>();
    private long unpacked;

    private Initramfs() {}

    /** @throws IOException if the image is damaged, too large, or compressed in an unknown way */
    static Initramfs read(InputStream image) throws IOException {
        Initramfs contents = new Initramfs();
        try {
            contents.segments(new BufferedInputStream(image, 1 << 16), 0);
        } catch (RuntimeException e) {
            // Decompressors report forged input in this way too.
            throw new IOException("the image is damaged: " + e, e);
        }
        return contents;
    }

    /** Those of the drivers that matter which it holds as modules or lists as built in. */
    Set<String> drivers() {
        return drivers;
    }

    /** Kernel versions whose modules it holds. */
    Set<String> versions() {
        return versions;
    }

    private void segments(BufferedInputStream in, int depth) throws IOException {
        boolean any = false;
        while (true) {
            int first = skipZeros(in);
            if (first < 0) {
                if (!any) {
                    throw new EOFException("the image is empty");
                }
                return;
            }
            byte[] head = peek(in);
            if (head[0] == '0' && head[1] == '7' && head[2] == '0' && head[3] == '7' && head[4] == '0') {
                archive(in);
                any = true;
                continue;
            }
            if (depth > 0) {
                throw new IOException("an archive is compressed twice or damaged");
            }
            // Decompressors read ahead, so what follows a compressed archive cannot be found; nothing ever does.
            segments(new BufferedInputStream(decompressed(in, head), 1 << 16), depth + 1);
            return;
        }
    }

    private static InputStream decompressed(InputStream in, byte[] head) throws IOException {
        int magic = head[0] & 0xff | (head[1] & 0xff) << 8 | (head[2] & 0xff) << 16 | (head[3] & 0xff) << 24;
        if ((magic & 0xffff) == 0x8b1f) {
            return new GZIPInputStream(in, 1 << 16);
        } else if (magic == 0x587a37fd) {
            return new XZInputStream(in, MAX_DICTIONARY_KIB);
        } else if (magic == 0xfd2fb528) {
            return new ZstdInputStream(in);
        } else if (magic == Lz4LegacyInputStream.MAGIC) {
            return new Lz4LegacyInputStream(in);
        } else if ((magic & 0xffffff) == 0x00005d) {
            return new LZMAInputStream(in, MAX_DICTIONARY_KIB);
        } else if ((magic & 0xffffff) == 0x685a42) {
            return new Bzip2InputStream(in);
        }
        throw new IOException("the image is neither a cpio archive nor compressed in a known way");
    }

    private int skipZeros(BufferedInputStream in) throws IOException {
        while (true) {
            in.mark(1);
            int value = in.read();
            if (value != 0) {
                in.reset();
                return value;
            }
            count(1);
        }
    }

    private static byte[] peek(BufferedInputStream in) throws IOException {
        in.mark(6);
        byte[] head = in.readNBytes(6);
        in.reset();
        if (head.length < 6) {
            throw new EOFException("the image ends in a header");
        }
        return head;
    }

    private void archive(InputStream in) throws IOException {
        while (true) {
            byte[] header = exactly(in, HEADER_BYTES);
            String text = new String(header, StandardCharsets.ISO_8859_1);
            if (!text.startsWith("070701") && !text.startsWith("070702")) {
                throw new IOException("an archive entry has no header");
            }
            long fileBytes = field(text, 6);
            long nameBytes = field(text, 11);
            if (nameBytes < 1 || nameBytes > MAX_NAME_BYTES) {
                throw new IOException("an archive entry has an impossible name");
            }
            byte[] nameField = exactly(in, (int) nameBytes);
            skip(in, padding(HEADER_BYTES + nameBytes));
            String name = new String(nameField, 0, nameField.length - 1, StandardCharsets.UTF_8);
            if (name.equals("TRAILER!!!")) {
                return;
            }
            entry(in, name, fileBytes);
            skip(in, padding(fileBytes));
        }
    }

    private void entry(InputStream in, String name, long fileBytes) throws IOException {
        Matcher builtin = BUILTIN.matcher(name);
        if (builtin.matches() && fileBytes <= MAX_BUILTIN_BYTES) {
            note(builtin.group(1));
            new String(exactly(in, (int) fileBytes), StandardCharsets.UTF_8)
                    .lines()
                    .forEach(line -> Drivers.ofModule(line).ifPresent(drivers::add));
            return;
        }
        Matcher module = MODULE.matcher(name);
        if (module.matches() && fileBytes > 0) {
            note(module.group(1));
            Drivers.known(module.group(2)).ifPresent(drivers::add);
        }
        skip(in, fileBytes);
    }

    private void note(String version) {
        if (versions.size() < MAX_VERSIONS) {
            versions.add(version);
        }
    }

    private static long padding(long length) {
        return -length & 3;
    }

    private static long field(String header, int index) throws IOException {
        try {
            return Long.parseLong(header, 6 + 8 * index, 14 + 8 * index, 16);
        } catch (NumberFormatException e) {
            throw new IOException("an archive header holds no number", e);
        }
    }

    private byte[] exactly(InputStream in, int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("the image ends inside of an archive");
        }
        count(count);
        return bytes;
    }

    private void skip(InputStream in, long count) throws IOException {
        count(count);
        in.skipNBytes(count);
    }

    private void count(long bytes) throws IOException {
        unpacked += bytes;
        if (bytes < 0 || unpacked > MAX_UNPACKED_BYTES) {
            throw new IOException("the image is larger than " + MAX_UNPACKED_BYTES + " bytes");
        }
    }
}

package org.understudy.lab.iscsi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Directories and files of random names, sizes and contents, and the digest of each, by which two trees are compared. */
final class FileTree {

    private static final int FILES = 120;
    private static final int LARGEST = 400_000;

    private FileTree() {}

    static void write(Path directory, long seed) throws IOException {
        Random random = new Random(seed);
        Path current = directory;
        for (int i = 0; i < FILES; i++) {
            if (random.nextInt(8) == 0) {
                current = Files.createDirectories((random.nextBoolean() ? current : directory).resolve("dir ü " + i));
            }
            byte[] content = new byte[random.nextInt(random.nextInt(10) == 0 ? LARGEST * 5 : LARGEST)];
            random.nextBytes(content);
            Files.write(current.resolve("file " + i + ".bin"), content);
        }
    }

    /** Relative path to SHA-256. */
    static Map<String, String> digests(Path directory) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                digests.put(directory.relativize(file).toString(), digest(file));
            }
        }
        return digests;
    }

    static String digest(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

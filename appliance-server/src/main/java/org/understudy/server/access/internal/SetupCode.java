package org.understudy.server.access.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.understudy.server.kernel.DataDirectory;

/**
 * The random code that proves that whoever sets the appliance up can read its disk or its log. Lies in {@code setup-code} in
 * the data directory, readable by its owner only, until the set-up is done; a restart keeps it.
 */
@Component
class SetupCode {

    static final String FILE_NAME = "setup-code";

    private static final Logger LOG = LoggerFactory.getLogger(SetupCode.class);
    /** Without letters and digits that look alike. */
    private static final String ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789";

    private static final int GROUPS = 4;
    private static final int GROUP_LENGTH = 5;

    private final Path file;
    private final SecureRandom random = new SecureRandom();

    SetupCode(DataDirectory directory) {
        this.file = directory.resolve(FILE_NAME);
    }

    /** Makes the code and logs it, unless one is waiting already. */
    void offer() {
        if (read().isPresent()) {
            LOG.info("The appliance waits for its set-up; the code is in {}", file);
            return;
        }
        String code = generate();
        try {
            Files.createDirectories(file.getParent());
            Files.deleteIfExists(file);
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, code + "\n", StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the set-up code to " + file, e);
        }
        LOG.info("Set-up code of this appliance: {} (also in {})", code, file);
    }

    /** Whether {@code text} is the code; case, spaces and dashes do not matter. Compares in constant time. */
    boolean matches(String text) {
        return read().map(code -> MessageDigest.isEqual(bytes(code), bytes(text)))
                .orElse(false);
    }

    void remove() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("Could not remove {}; it is useless now", file, e);
        }
    }

    private Optional<String> read() {
        try {
            String code = Files.readString(file).strip();
            return code.isEmpty() ? Optional.empty() : Optional.of(code);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the set-up code from " + file, e);
        }
    }

    private String generate() {
        StringBuilder code = new StringBuilder();
        for (int i = 0; i < GROUPS * GROUP_LENGTH; i++) {
            if (i > 0 && i % GROUP_LENGTH == 0) {
                code.append('-');
            }
            code.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return code.toString();
    }

    private static byte[] bytes(String code) {
        return code.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "").getBytes(StandardCharsets.UTF_8);
    }
}

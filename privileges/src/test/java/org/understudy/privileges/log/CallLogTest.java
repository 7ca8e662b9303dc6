package org.understudy.privileges.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.privileges.clock.ManualTime;

class CallLogTest {

    @TempDir
    Path directory;

    private CallLog open(long fileBytes) throws IOException {
        return new CallLog(directory, new ManualTime(), fileBytes);
    }

    /** Lines of all files, the oldest first. */
    private List<String> lines() throws IOException {
        List<String> all = new ArrayList<>();
        try (var files = Files.list(directory)) {
            for (Path file : files.sorted(java.util.Comparator.comparing(
                            path -> path.getFileName().toString().replace("calls.log", "z")))
                    .toList()) {
                all.addAll(Files.readAllLines(file, StandardCharsets.US_ASCII));
            }
        }
        return all;
    }

    private static void chained(List<String> lines) throws GeneralSecurityException {
        String previous = "0".repeat(64);
        for (String line : lines) {
            assertThat(line).endsWith("\"previous\":\"" + previous + "\"}");
            previous = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(line.getBytes(StandardCharsets.US_ASCII)));
        }
    }

    @Test
    void what_a_caller_sends_stays_within_its_line() throws IOException {
        try (CallLog log = open(CallLog.FILE_BYTES)) {
            log.append("server:x", "refused", Map.of("why", "a\n{\"number\":9}\r\u2028\u0085\u001b[2J\0\"\\"), true);
        }

        assertThat(lines()).hasSize(1);
        assertThat(Files.readString(directory.resolve("calls.log"))).matches("[ -~]*\n");
    }

    @Test
    void entries_are_numbered_and_chained_over_restarts_and_files() throws Exception {
        for (int start = 0; start < 5; start++) {
            try (CallLog log = open(1000)) {
                for (int i = 0; i < 7; i++) {
                    assertThat(log.append("server:x", "call", Map.of("request", i), false))
                            .isEqualTo(start * 7 + i + 1);
                }
            }
        }

        assertThat(lines()).hasSize(35);
        chained(lines());
        try (var files = Files.list(directory)) {
            assertThat(files.count()).isGreaterThan(3);
        }
    }

    @Test
    void the_part_of_a_line_that_a_crash_left_is_kept_and_spoils_no_other() throws Exception {
        try (CallLog log = open(CallLog.FILE_BYTES)) {
            log.append("server:x", "call", Map.of(), true);
        }
        Files.writeString(directory.resolve("calls.log"), "{\"num", StandardOpenOption.APPEND);

        try (CallLog log = open(CallLog.FILE_BYTES)) {
            assertThat(log.append("server:x", "call", Map.of(), true)).isEqualTo(2);
        }

        assertThat(lines()).hasSize(3);
        assertThat(lines().get(1)).isEqualTo("{\"num");
    }

    @Test
    void nobody_else_reads_it() throws IOException {
        open(CallLog.FILE_BYTES).close();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("calls.log"))))
                .isEqualTo("rw-------");
    }
}

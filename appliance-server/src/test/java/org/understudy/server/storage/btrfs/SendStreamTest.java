package org.understudy.server.storage.btrfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

class SendStreamTest {

    private static final int SNAPSHOT = 2;
    private static final int MKFILE = 3;
    private static final int RENAME = 9;
    private static final int UNLINK = 11;
    private static final int UTIMES = 20;
    private static final int END = 21;
    private static final int UPDATE_EXTENT = 22;
    private static final int UNKNOWN = 99;

    private static final int SIZE = 4;
    private static final int PATH = 15;
    private static final int PATH_TO = 16;
    private static final int OFFSET = 18;

    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();

    SendStreamTest() {
        stream.writeBytes("btrfs-stream\0".getBytes(StandardCharsets.US_ASCII));
        stream.writeBytes(little(4, 1));
        command(SNAPSHOT, path(PATH, "point"));
    }

    @Test
    void extentsOfTheFileAreCollectedAndThoseOfOthersAreNot() throws IOException {
        command(UPDATE_EXTENT, path(PATH, "disk0.raw"), number(OFFSET, 1 << 20), number(SIZE, 65536));
        command(UPDATE_EXTENT, path(PATH, "disk1.raw"), number(OFFSET, 0), number(SIZE, 512));
        command(MKFILE, path(PATH, "meta/new"));
        command(UPDATE_EXTENT, path(PATH, "disk0.raw"), number(OFFSET, 1L << 41), number(SIZE, 4096));
        command(UTIMES, path(PATH, "disk0.raw"));
        command(END);

        assertThat(SendStream.changes(in(), "disk0.raw"))
                .contains(ExtentSet.of(new Extent(1 << 20, 65536), new Extent(1L << 41, 4096)));
    }

    @Test
    void aFileThatIsNotNamedDidNotChange() throws IOException {
        command(END);

        assertThat(SendStream.changes(in(), "disk0.raw")).contains(ExtentSet.empty());
    }

    @Test
    void aFileMadeAnewIsNotDescribedByItsExtents() throws IOException {
        command(MKFILE, path(PATH, "o257-9-0"));
        command(UNLINK, path(PATH, "disk0.raw"));
        command(RENAME, path(PATH, "o257-9-0"), path(PATH_TO, "disk0.raw"));
        command(UPDATE_EXTENT, path(PATH, "disk0.raw"), number(OFFSET, 0), number(SIZE, 4096));
        command(END);

        assertThat(SendStream.changes(in(), "disk0.raw")).isEmpty();
    }

    @Test
    void anUnknownCommandOnTheFileIsNotTrustedAndOnAnotherDoesNotMatter() throws IOException {
        command(UNKNOWN, path(PATH, "disk1.raw"));
        command(END);

        assertThat(SendStream.changes(in(), "disk0.raw")).contains(ExtentSet.empty());
        assertThat(SendStream.changes(in(), "disk1.raw")).isEmpty();
    }

    @Test
    void aStreamCutShortAnywhereIsAFailure() {
        command(UPDATE_EXTENT, path(PATH, "disk0.raw"), number(OFFSET, 0), number(SIZE, 4096));
        command(END);
        byte[] whole = stream.toByteArray();

        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThatIOException()
                    .as("cut after %d bytes", length)
                    .isThrownBy(() -> SendStream.changes(new ByteArrayInputStream(part), "disk0.raw"));
        }
    }

    @Test
    void lengthsThatLeaveTheirFrameAreRefusedBeforeMemoryIsTaken() {
        stream.writeBytes(little(4, Integer.MAX_VALUE));
        stream.writeBytes(little(2, UPDATE_EXTENT));
        stream.writeBytes(little(4, 0));

        assertThatIOException().isThrownBy(() -> SendStream.changes(in(), "disk0.raw"));
    }

    private ByteArrayInputStream in() {
        return new ByteArrayInputStream(stream.toByteArray());
    }

    private void command(int type, byte[]... attributes) {
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        for (byte[] attribute : attributes) {
            payload.writeBytes(attribute);
        }
        stream.writeBytes(little(4, payload.size()));
        stream.writeBytes(little(2, type));
        stream.writeBytes(little(4, 0));
        stream.writeBytes(payload.toByteArray());
    }

    private static byte[] path(int type, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(4 + bytes.length)
                .put(little(2, type))
                .put(little(2, bytes.length))
                .put(bytes)
                .array();
    }

    private static byte[] number(int type, long value) {
        return ByteBuffer.allocate(12)
                .put(little(2, type))
                .put(little(2, 8))
                .put(little(8, value))
                .array();
    }

    private static byte[] little(int bytes, long value) {
        byte[] all = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        return Arrays.copyOf(all, bytes);
    }
}

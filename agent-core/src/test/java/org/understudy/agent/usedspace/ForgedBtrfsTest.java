package org.understudy.agent.usedspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A btrfs whose blocks are changed and then given right checksums again, as an attacker would. */
@Timeout(120)
class ForgedBtrfsTest {

    private static final int NODE = 16384;
    private static final int SUPERBLOCK = 65536;
    private static final int ROUNDS = 400;

    @ParameterizedTest
    @ValueSource(strings = {"btrfs", "btrfs-log"})
    void forgedTreesAreMappedOrRefused(String name) throws IOException {
        SparseImage image = SparseImage.resource(name + ".sparse.gz");
        List<Long> nodes = nodes(image);
        assertThat(nodes).hasSizeGreaterThan(10);
        int refused = 0;
        for (int seed = 0; seed < ROUNDS; seed++) {
            Random random = new Random(seed);
            SparseImage forged = image.damaged(random, 0);
            for (int i = 0; i <= random.nextInt(3); i++) {
                boolean superblock = random.nextInt(4) == 0;
                long at = superblock ? SUPERBLOCK : nodes.get(random.nextInt(nodes.size()));
                forge(forged, at, superblock ? 4096 : NODE, random);
            }
            ExtentCollector used = new ExtentCollector();
            try {
                new BtrfsUsedSpace().addUsed(forged, MetadataState.SETTLED, used);
                assertThat(used.totalBytes()).as("seed %d", seed).isBetween(1L << 20, image.sizeBytes());
            } catch (UnmappableException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(1, ROUNDS);
    }

    private static List<Long> nodes(SparseImage image) throws IOException {
        ByteBuffer id = ByteBuffer.allocate(16);
        image.read(SUPERBLOCK + 32, id);
        TreeSet<Long> nodes = new TreeSet<>();
        for (long at = 1 << 20; at + NODE <= image.sizeBytes(); at += 4096) {
            ByteBuffer here = ByteBuffer.allocate(16);
            image.read(at + 32, here);
            if (here.flip().equals(id.duplicate().flip()) && (nodes.isEmpty() || nodes.last() + NODE <= at)) {
                nodes.add(at);
            }
        }
        return new ArrayList<>(nodes);
    }

    private static void forge(SparseImage image, long at, int length, Random random) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        image.read(at, block);
        int field = 32 + random.nextInt(random.nextBoolean() ? 300 : 1500);
        switch (random.nextInt(4)) {
            case 0 -> block.put(field, (byte) random.nextInt());
            case 1 -> block.putInt(field, -1);
            case 2 -> block.putLong(field, Long.MAX_VALUE - random.nextInt(100_000));
            default -> block.putLong(field, random.nextLong());
        }
        block.putInt(0, Checksums.crc32c(block.duplicate().rewind().limit(length), 32, length - 32));
        image.write(at, block.array());
    }
}

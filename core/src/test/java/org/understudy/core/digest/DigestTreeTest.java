package org.understudy.core.digest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class DigestTreeTest {

    private static final Logger log = LoggerFactory.getLogger(DigestTreeTest.class);

    private static final int BLOCK = 4096;

    @TempDir
    Path directory;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    private static BlockDigest digest(long value) {
        return BlockDigest.of(ByteBuffer.allocate(16).putLong(value).putLong(1).flip());
    }

    private TreeMap<Long, BlockDigest> someChanges(long blocks, int most) {
        TreeMap<Long, BlockDigest> changes = new TreeMap<>();
        for (int i = random.nextInt(most + 1); i > 0; i--) {
            long block = (long) (random.nextDouble() * blocks);
            for (int run = 1 + random.nextInt(200); run > 0 && block < blocks; run--, block++) {
                changes.put(block, random.nextInt(3) == 0 ? BlockDigest.ZERO : digest(random.nextLong()));
            }
        }
        return changes;
    }

    private static void apply(Map<Long, BlockDigest> changes, TreeMap<Long, BlockDigest> model) {
        changes.forEach((block, digest) -> {
            if (digest.isZeroBlock()) {
                model.remove(block);
            } else {
                model.put(block, digest);
            }
        });
    }

    private static void assertSame(DigestTree tree, TreeMap<Long, BlockDigest> model) throws IOException {
        assertThat(tree.blocks()).isEqualTo(model.size());
        long at = 0;
        for (Map.Entry<Long, BlockDigest> entry : model.entrySet()) {
            assertThat(tree.next(at)).isEqualTo(entry.getKey());
            assertThat(tree.get(entry.getKey())).isEqualTo(entry.getValue());
            at = entry.getKey() + 1;
        }
        assertThat(tree.next(at)).isEqualTo(-1);
    }

    @Test
    void holdsWhatWasPutInOverManyRoundsAndReopenings() throws IOException {
        log.info("seed {}", seed);
        for (int round = 0; round < 8; round++) {
            long blocks = 1 + random.nextInt(round % 2 == 0 ? 300 : 60_000);
            Path file = directory.resolve("tree" + round);
            TreeMap<Long, BlockDigest> model = new TreeMap<>();
            DigestTree.create(file, blocks * BLOCK - random.nextInt(BLOCK), BLOCK)
                    .close();
            for (int step = 0; step < 6; step++) {
                TreeMap<Long, BlockDigest> changes = someChanges(blocks, 30);
                try (DigestTree tree = DigestTree.openToReplace(file)) {
                    DigestTree.Outcome foreseen = tree.outcome(changes);
                    assertSame(tree, model);
                    DigestTree.Outcome made = tree.replace(changes);
                    apply(changes, model);
                    assertThat(made).as("seed %d", seed).isEqualTo(foreseen);
                    assertThat(made.root()).isEqualTo(tree.root());
                    assertSame(tree, model);
                }
                try (DigestTree tree = DigestTree.open(file)) {
                    assertSame(tree, model);
                }
            }
        }
    }

    @Test
    void theRootDependsOnTheDigestsAndNotOnTheWayToThem() throws IOException {
        TreeMap<Long, BlockDigest> all = someChanges(5000, 60);
        Path once = directory.resolve("once");
        Path oneByOne = directory.resolve("one-by-one");
        String root;
        try (DigestTree tree = DigestTree.create(once, 5000L * BLOCK, BLOCK)) {
            root = tree.replace(all).root();
        }
        try (DigestTree tree = DigestTree.create(oneByOne, 5000L * BLOCK, BLOCK)) {
            tree.replace(someChanges(5000, 10));
            for (long block = tree.next(0); block >= 0; block = tree.next(block + 1)) {
                tree.replace(new TreeMap<>(Map.of(block, BlockDigest.ZERO)));
            }
            assertThat(tree.blocks()).isZero();
            for (Map.Entry<Long, BlockDigest> entry : all.entrySet()) {
                tree.replace(new TreeMap<>(Map.of(entry.getKey(), entry.getValue())));
            }
            assertThat(tree.root()).as("seed %d", seed).isEqualTo(root);
        }
    }

    @Test
    void everyFlippedBitIsNoticedByWhoeverReadsThere() throws IOException {
        Path file = directory.resolve("tree");
        TreeMap<Long, BlockDigest> all = new TreeMap<>();
        for (long block = 0; block < 1000; block++) {
            all.put(block, digest(block));
        }
        try (DigestTree tree = DigestTree.create(file, 1000L * BLOCK, BLOCK)) {
            tree.replace(all);
        }
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < 200; i++) {
            byte[] damaged = whole.clone();
            // The header's page is used up to byte 96, the pages of the highest level up to their last digest.
            int page = random.nextInt(whole.length / 4096);
            int at = page == 0 ? random.nextInt(96) : page * 4096 + random.nextInt(4096);
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, damaged);
            assertThatThrownBy(() -> {
                        try (DigestTree tree = DigestTree.open(file)) {
                            for (long block = tree.next(0); block >= 0; block = tree.next(block + 1)) {
                                tree.get(block);
                            }
                        }
                    })
                    .as("seed %d, byte %d", seed, at)
                    .isInstanceOf(CorruptDigestFileException.class);
        }
    }

    @Test
    void aFileThatIsNoneOrCutShortIsRefused() throws IOException {
        Path file = directory.resolve("tree");
        DigestTree.create(file, 1000L * BLOCK, BLOCK).close();
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {0, 7, 50, 96, 4096, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> DigestTree.open(file).close()).isInstanceOf(CorruptDigestFileException.class);
        }
        Files.write(file, Arrays.copyOf(whole, whole.length + 1));
        assertThatThrownBy(() -> DigestTree.open(file).close()).isInstanceOf(CorruptDigestFileException.class);
        Files.writeString(file, "USDGST01");
        assertThat(DigestTree.isTree(file)).isFalse();
        Files.writeString(file, "USD");
        assertThat(DigestTree.isTree(file)).isFalse();
    }

    @Test
    void aReplacementThatWasCutShortAnywhereIsEndedByDoingItAgain() throws IOException {
        Path file = directory.resolve("tree");
        TreeMap<Long, BlockDigest> model = new TreeMap<>();
        TreeMap<Long, BlockDigest> first = someChanges(3000, 20);
        TreeMap<Long, BlockDigest> second = someChanges(3000, 20);
        DigestChanges changes;
        byte[] before;
        try (DigestTree tree = DigestTree.create(file, 3000L * BLOCK, BLOCK)) {
            tree.replace(first);
            before = Files.readAllBytes(file);
            changes = new DigestChanges(3000L * BLOCK, BLOCK, tree.root(), tree.outcome(second), second);
            tree.replace(second);
        }
        apply(first, model);
        apply(second, model);
        byte[] after = Files.readAllBytes(file);
        for (int round = 0; round < 30; round++) {
            // Sectors reach the disk in any order; each is the old or the new one.
            byte[] torn = before.clone();
            for (int sector = 0; sector < torn.length; sector += 512) {
                if (random.nextBoolean()) {
                    System.arraycopy(after, sector, torn, sector, 512);
                }
            }
            Files.write(file, torn);
            DigestTree.redo(file, changes);
            try (DigestTree tree = DigestTree.open(file)) {
                assertThat(tree.root())
                        .as("seed %d", seed)
                        .isEqualTo(changes.outcome().root());
                assertSame(tree, model);
            }
        }
    }

    @Test
    void doingChangesAgainOnAnotherTreeIsNoticed() throws IOException {
        Path file = directory.resolve("tree");
        TreeMap<Long, BlockDigest> change = new TreeMap<>(Map.of(5L, digest(5)));
        DigestChanges changes;
        try (DigestTree tree = DigestTree.create(file, 1000L * BLOCK, BLOCK)) {
            changes = new DigestChanges(1000L * BLOCK, BLOCK, tree.root(), tree.outcome(change), change);
            tree.replace(new TreeMap<>(Map.of(900L, digest(1))));
        }
        assertThatThrownBy(() -> DigestTree.redo(file, changes)).isInstanceOf(CorruptDigestFileException.class);
    }

    @Test
    void aTreeAndADigestFileTellTheSame() throws IOException {
        TreeMap<Long, BlockDigest> model = new TreeMap<>();
        apply(someChanges(40_000, 100), model);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try (DigestWriter writer = new DigestWriter(file, 40_000L * BLOCK, BLOCK)) {
            for (Map.Entry<Long, BlockDigest> entry : model.entrySet()) {
                writer.put(entry.getKey(), entry.getValue());
            }
            writer.finish();
        }
        Path tree = directory.resolve("tree");
        DigestTree.Outcome outcome = DigestTrees.build(new ByteArrayInputStream(file.toByteArray()), tree);
        Path copy = directory.resolve("copy");
        DigestTrees.copy(tree, copy);
        ByteArrayOutputStream again = new ByteArrayOutputStream();
        DigestTrees.stream(copy, again);
        assertThat(outcome.blocks()).isEqualTo(model.size());
        assertThat(copy).hasSameBinaryContentAs(tree);
        assertThat(again.toByteArray()).as("seed %d", seed).isEqualTo(file.toByteArray());
    }

    @Test
    void changesOutsideTheDiskAreRefused() throws IOException {
        try (DigestTree tree = DigestTree.create(directory.resolve("tree"), 10L * BLOCK, BLOCK)) {
            assertThatThrownBy(() -> tree.replace(new TreeMap<>(Map.of(10L, digest(1)))))
                    .isInstanceOf(CorruptDigestFileException.class);
            assertThat(tree.get(10)).isEqualTo(BlockDigest.ZERO);
        }
    }

    @Test
    void changesSurviveTheWireAndNothingElseDoes() throws IOException {
        TreeMap<Long, BlockDigest> some = someChanges(1000, 5);
        some.put(999L, BlockDigest.ZERO);
        DigestChanges changes = new DigestChanges(
                1000L * BLOCK,
                BLOCK,
                digest(1).toString(),
                new DigestTree.Outcome(digest(2).toString(), 17),
                some);
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        changes.write(wire);
        byte[] bytes = wire.toByteArray();
        assertThat(DigestChanges.read(new ByteArrayInputStream(bytes))).isEqualTo(changes);
        assertThat((long) bytes.length).isLessThan(DigestChanges.maxBytes());
        for (int i = 0; i < 200; i++) {
            byte[] bad = random.nextBoolean()
                    ? Arrays.copyOf(bytes, random.nextInt(bytes.length))
                    : Arrays.copyOf(bytes, bytes.length + (i % 2));
            if (bad.length == bytes.length) {
                bad[random.nextInt(bad.length)] ^= 4;
            }
            assertThatThrownBy(() -> DigestChanges.read(new ByteArrayInputStream(bad)))
                    .as("seed %d", seed)
                    .isInstanceOf(CorruptDigestFileException.class);
        }
    }
}

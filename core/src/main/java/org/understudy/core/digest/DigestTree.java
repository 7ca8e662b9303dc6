package org.understudy.core.digest;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The digests of one disk in a file whose places can be read and replaced one by one: a hash tree of pages of 4 KiB. Reading a digest
 * reads and checks the pages from the top to it and no others; replacing some writes their pages and those above. So what a
 * backup costs here follows what changed, not the size of the disk. 1 TiB in blocks of 64 KiB takes 516 MiB if no block is zero.
 *
 * <pre>
 * page 0   8 bytes  "USDGST02"
 *          8 bytes  size of the disk in bytes
 *          4 bytes  block size in bytes
 *          4 bytes  0
 *          8 bytes  number of blocks that are not zero
 *         32 bytes  SHA-256 of the highest page
 *         32 bytes  the root: SHA-256 of the 64 bytes before
 * page 1…           128 digests each, see {@link TreeShape}; the digest of a page of zeros is zero, and the page may be a hole
 * </pre>
 *
 * <p>All numbers are big-endian. The root stands for everything: two trees with one root have the same digests. A replacement that
 * was cut short leaves pages that do not fit together, which every later reading notices; {@link #redo} ends it. Not thread-safe.
 */
public final class DigestTree implements Closeable {

    private static final long MAGIC = 0x5553_4447_5354_3032L;
    private static final int HEADER_BYTES = 64;
    private static final int CACHED_PAGES = 256;
    private static final byte[] NO_PAGE = new byte[TreeShape.PAGE_BYTES];
    private static final byte[] ZERO = new byte[BlockDigest.LENGTH];

    private final FileChannel file;
    private final long diskBytes;
    private final int blockSize;
    private final TreeShape shape;
    private long blocks;
    private byte[] top;

    /** Pages that were checked, the one used last at the end. */
    private final Map<Long, byte[]> checked = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, byte[]> eldest) {
            return size() > CACHED_PAGES;
        }
    };

    private DigestTree(FileChannel file, long diskBytes, int blockSize, long blocks, byte[] top) {
        this.file = file;
        this.diskBytes = diskBytes;
        this.blockSize = blockSize;
        this.blocks = blocks;
        this.top = top;
        shape = TreeShape.of(blocksOf(diskBytes, blockSize));
    }

    /**
     * What a tree would be, or is, after a replacement.
     *
     * @param root hexadecimal
     * @param blocks blocks that are not zero
     */
    public record Outcome(String root, long blocks) {}

    /** A new file, in which every block is zero; one that was there is replaced. */
    public static DigestTree create(Path path, long diskBytes, int blockSize) throws IOException {
        checkSizes(diskBytes, blockSize);
        Files.deleteIfExists(path);
        Files.createFile(path);
        try (RandomAccessFile raw = new RandomAccessFile(path.toFile(), "rw")) {
            raw.setLength(TreeShape.of(blocksOf(diskBytes, blockSize)).fileBytes());
        }
        FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        DigestTree tree = new DigestTree(file, diskBytes, blockSize, 0, ZERO);
        tree.writeHeader();
        return tree;
    }

    /** @throws CorruptDigestFileException if this is no whole tree, as far as its header and length tell */
    public static DigestTree open(Path path) throws IOException {
        FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
        return open(file);
    }

    /** As {@link #open}, for replacing digests. */
    public static DigestTree openToReplace(Path path) throws IOException {
        return open(FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    private static DigestTree open(FileChannel file) throws IOException {
        try {
            ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES + BlockDigest.LENGTH);
            readFully(file, header, 0);
            byte[] bytes = header.array();
            byte[] root = Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length);
            header.flip();
            if (header.getLong() != MAGIC
                    || !Arrays.equals(hash(Arrays.copyOf(bytes, HEADER_BYTES), HEADER_BYTES), root)) {
                throw new CorruptDigestFileException("this is no digest tree, or its header is damaged");
            }
            long diskBytes = header.getLong();
            int blockSize = header.getInt();
            header.getInt();
            long blocks = header.getLong();
            byte[] top = new byte[BlockDigest.LENGTH];
            header.get(top);
            checkSizes(diskBytes, blockSize);
            DigestTree tree = new DigestTree(file, diskBytes, blockSize, blocks, top);
            if (file.size() != tree.shape.fileBytes()) {
                throw new CorruptDigestFileException(
                        "the digest tree has " + file.size() + " bytes, not " + tree.shape.fileBytes());
            }
            return tree;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static void checkSizes(long diskBytes, int blockSize) throws CorruptDigestFileException {
        if (diskBytes < 0 || blockSize < 512 || blockSize > 1 << 24) {
            throw new CorruptDigestFileException(
                    "disk size " + diskBytes + " or block size " + blockSize + " is absurd");
        }
    }

    private static long blocksOf(long diskBytes, int blockSize) {
        return (diskBytes + blockSize - 1) / blockSize;
    }

    /** Whether a file begins as a tree does. */
    public static boolean isTree(Path path) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer magic = ByteBuffer.allocate(Long.BYTES);
            while (magic.hasRemaining() && file.read(magic) >= 0) {
                // A short file is none.
            }
            return !magic.hasRemaining() && magic.getLong(0) == MAGIC;
        }
    }

    public long diskBytes() {
        return diskBytes;
    }

    public int blockSize() {
        return blockSize;
    }

    /** Number of blocks that are not zero. */
    public long blocks() {
        return blocks;
    }

    /** What stands for all digests, hexadecimal. */
    public String root() {
        return HexFormat.of().formatHex(rootOf(blocks, top));
    }

    /** @throws CorruptDigestFileException if the digest cannot be believed */
    public BlockDigest get(long block) throws IOException {
        if (block < 0 || block >= blocksOf(diskBytes, blockSize)) {
            return BlockDigest.ZERO;
        }
        byte[] page = load(0, block / TreeShape.ARITY);
        return page == NO_PAGE ? BlockDigest.ZERO : digest(page, (int) (block % TreeShape.ARITY));
    }

    /** The first block from {@code block} on that is not zero, or -1. Passes over zeros without reading them. */
    public long next(long block) throws IOException {
        long end = blocksOf(diskBytes, blockSize);
        long at = Math.max(0, block);
        while (at < end) {
            long leaf = at / TreeShape.ARITY;
            byte[] page = load(0, leaf);
            if (page == NO_PAGE) {
                at = afterZeros(leaf);
                continue;
            }
            for (int i = (int) (at % TreeShape.ARITY); i < TreeShape.ARITY; i++) {
                if (!isZero(page, i)) {
                    return leaf * TreeShape.ARITY + i;
                }
            }
            at = (leaf + 1) * TreeShape.ARITY;
        }
        return -1;
    }

    /** The block after the largest part of the tree around {@code leaf} that is zero. */
    private long afterZeros(long leaf) throws IOException {
        int level = 0;
        long index = leaf;
        long blocksBelow = TreeShape.ARITY;
        while (level < shape.top() && load(level + 1, index / TreeShape.ARITY) == NO_PAGE) {
            level++;
            index /= TreeShape.ARITY;
            blocksBelow *= TreeShape.ARITY;
        }
        return (index + 1) * blocksBelow;
    }

    /** All digests, checked as they are read. Closing it closes this tree. */
    public DigestEntries entries() {
        return new Entries();
    }

    private final class Entries implements DigestEntries {

        private long at;

        @Override
        public long diskBytes() {
            return diskBytes;
        }

        @Override
        public int blockSize() {
            return blockSize;
        }

        @Override
        public Optional<DigestReader.Entry> next() throws IOException {
            long block = DigestTree.this.next(at);
            if (block < 0) {
                return Optional.empty();
            }
            at = block + 1;
            return Optional.of(new DigestReader.Entry(block, get(block)));
        }

        @Override
        public void close() throws IOException {
            DigestTree.this.close();
        }
    }

    /** What {@link #replace} would make of this tree; writes nothing. */
    public Outcome outcome(SortedMap<Long, BlockDigest> changes) throws IOException {
        return merge(changes, false, false);
    }

    /** Replaces digests. The file is a whole tree again when this returns, and on the medium after {@link #force}. */
    public Outcome replace(SortedMap<Long, BlockDigest> changes) throws IOException {
        return merge(changes, true, false);
    }

    /**
     * Ends a replacement that a crash may have cut short, and changes nothing if it was not even begun or ended. Old and new pages
     * agree in all digests but the given ones, so that it does not matter which of both a page is.
     *
     * @throws CorruptDigestFileException if what comes out is not what the changes say
     */
    public static void redo(Path path, DigestChanges changes) throws IOException {
        try (DigestTree tree = openToReplace(path)) {
            tree.merge(changes.digests(), true, true);
            tree.blocks = changes.outcome().blocks();
            tree.writeHeader();
            tree.force();
            if (!tree.root().equals(changes.outcome().root())) {
                throw new CorruptDigestFileException("the digest tree is damaged: its changes do not fit");
            }
        }
    }

    private Outcome merge(SortedMap<Long, BlockDigest> changes, boolean write, boolean unchecked) throws IOException {
        long count = blocks;
        NavigableMap<Long, byte[]> level0 = new TreeMap<>();
        for (Map.Entry<Long, BlockDigest> change : changes.entrySet()) {
            if (change.getKey() < 0 || change.getKey() >= blocksOf(diskBytes, blockSize)) {
                throw new CorruptDigestFileException("the disk has no block " + change.getKey());
            }
            level0.put(change.getKey(), change.getValue().bytes());
        }
        NavigableMap<Long, byte[]> entries = level0;
        for (int level = 0; level <= shape.top() && !entries.isEmpty(); level++) {
            NavigableMap<Long, byte[]> above = new TreeMap<>();
            for (long index = entries.firstKey() / TreeShape.ARITY; ; ) {
                SortedMap<Long, byte[]> own = entries.subMap(index * TreeShape.ARITY, (index + 1) * TreeShape.ARITY);
                byte[] page = (unchecked ? read(level, index) : load(level, index)).clone();
                for (Map.Entry<Long, byte[]> entry : own.entrySet()) {
                    int at = (int) (entry.getKey() % TreeShape.ARITY);
                    if (level == 0) {
                        count += (isZero(page, at) ? 0 : -1) + (Arrays.equals(entry.getValue(), ZERO) ? 0 : 1);
                    }
                    System.arraycopy(entry.getValue(), 0, page, at * BlockDigest.LENGTH, BlockDigest.LENGTH);
                }
                if (write) {
                    write(level, index, page);
                }
                above.put(index, hashOfPage(page));
                Long next = entries.ceilingKey((index + 1) * TreeShape.ARITY);
                if (next == null) {
                    break;
                }
                index = next / TreeShape.ARITY;
            }
            entries = above;
        }
        byte[] newTop = entries.isEmpty() ? top : entries.firstEntry().getValue();
        if (write) {
            blocks = count;
            top = newTop;
            writeHeader();
        }
        return new Outcome(HexFormat.of().formatHex(rootOf(count, newTop)), count);
    }

    /** What was replaced is on the medium when this returns. */
    public void force() throws IOException {
        file.force(true);
    }

    /** A page that fits to those above it; {@link #NO_PAGE} if it is all zeros. */
    private byte[] load(int level, long index) throws IOException {
        long number = shape.page(level, index);
        byte[] known = checked.get(number);
        if (known != null) {
            return known;
        }
        byte[] expected;
        if (level == shape.top()) {
            expected = top;
        } else {
            byte[] above = load(level + 1, index / TreeShape.ARITY);
            int from = (int) (index % TreeShape.ARITY) * BlockDigest.LENGTH;
            expected = Arrays.copyOfRange(above, from, from + BlockDigest.LENGTH);
        }
        if (Arrays.equals(expected, ZERO)) {
            return NO_PAGE;
        }
        byte[] page = read(level, index);
        if (!Arrays.equals(hash(page, page.length), expected)) {
            throw new CorruptDigestFileException(
                    "page " + index + " of level " + level + " of the digest tree is damaged");
        }
        checked.put(number, page);
        return page;
    }

    private byte[] read(int level, long index) throws IOException {
        ByteBuffer page = ByteBuffer.allocate(TreeShape.PAGE_BYTES);
        readFully(file, page, shape.page(level, index) * TreeShape.PAGE_BYTES);
        return page.array();
    }

    private void write(int level, long index, byte[] page) throws IOException {
        long number = shape.page(level, index);
        writeFully(ByteBuffer.wrap(page), number * TreeShape.PAGE_BYTES);
        // A page of zeros is known by the digest above it.
        if (Arrays.equals(page, NO_PAGE)) {
            checked.remove(number);
        } else {
            checked.put(number, page);
        }
    }

    private void writeHeader() throws IOException {
        byte[] header = header(blocks, top);
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + BlockDigest.LENGTH);
        bytes.put(header).put(hash(header, header.length)).flip();
        writeFully(bytes, 0);
    }

    private void writeFully(ByteBuffer bytes, long offset) throws IOException {
        long at = offset;
        while (bytes.hasRemaining()) {
            at += file.write(bytes, at);
        }
    }

    private byte[] rootOf(long count, byte[] highest) {
        return hash(header(count, highest), HEADER_BYTES);
    }

    private byte[] header(long count, byte[] highest) {
        return ByteBuffer.allocate(HEADER_BYTES)
                .putLong(MAGIC)
                .putLong(diskBytes)
                .putInt(blockSize)
                .putInt(0)
                .putLong(count)
                .put(highest)
                .array();
    }

    private static byte[] hashOfPage(byte[] page) {
        return Arrays.equals(page, NO_PAGE) ? ZERO : hash(page, page.length);
    }

    private static byte[] hash(byte[] bytes, int length) {
        var sha256 = BlockDigest.sha256();
        sha256.update(bytes, 0, length);
        return sha256.digest();
    }

    private static boolean isZero(byte[] page, int entry) {
        int from = entry * BlockDigest.LENGTH;
        return Arrays.equals(page, from, from + BlockDigest.LENGTH, ZERO, 0, BlockDigest.LENGTH);
    }

    private static BlockDigest digest(byte[] page, int entry) {
        int from = entry * BlockDigest.LENGTH;
        return BlockDigest.ofBytes(Arrays.copyOfRange(page, from, from + BlockDigest.LENGTH));
    }

    private static void readFully(FileChannel file, ByteBuffer target, long offset) throws IOException {
        long at = offset;
        while (target.hasRemaining()) {
            int count = file.read(target, at);
            if (count < 0) {
                throw new CorruptDigestFileException("the digest tree is cut short");
            }
            at += count;
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}

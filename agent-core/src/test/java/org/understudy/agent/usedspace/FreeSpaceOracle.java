package org.understudy.agent.usedspace;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/** What the tools of each file system itself say about free and used space. */
final class FreeSpaceOracle {

    private static final Pattern FREE_BLOCKS = Pattern.compile("^  Free blocks: (.*)$", Pattern.MULTILINE);
    private static final Pattern BLOCK_SIZE = Pattern.compile("^Block size: +(\\d+)$", Pattern.MULTILINE);
    private static final Pattern CLUSTER_SIZE = Pattern.compile("^Cluster size: +(\\d+)$", Pattern.MULTILINE);
    private static final Pattern XFS_RECORD = Pattern.compile("^\\s*(\\d+)\\s+(\\d+)\\s+(\\d+)\\s*$");
    private static final Pattern EXTENT_KEY = Pattern.compile("key \\((\\d+) (EXTENT_ITEM|METADATA_ITEM) (\\d+)\\)");
    private static final Pattern CHUNK_KEY = Pattern.compile("CHUNK_ITEM (\\d+)\\)");
    private static final Pattern STRIPE = Pattern.compile("stripe \\d+ devid \\d+ offset (\\d+)");

    private FreeSpaceOracle() {}

    /** Free bytes of ext2, 3, 4 as dumpe2fs lists them from the bitmaps. */
    static ExtentSet extFree(Lab lab, Path image) {
        String dump = lab.run("dumpe2fs", image.toString());
        long blockSize = Long.parseLong(first(BLOCK_SIZE, dump));
        Matcher cluster = CLUSTER_SIZE.matcher(dump);
        long blocksPerCluster = cluster.find() ? Long.parseLong(cluster.group(1)) / blockSize : 1;
        List<Extent> free = new ArrayList<>();
        Matcher lists = FREE_BLOCKS.matcher(dump);
        while (lists.find()) {
            for (String range : lists.group(1).split(",")) {
                if (!range.isBlank()) {
                    String[] ends = range.strip().split("-");
                    // Of a cluster it prints the first block only.
                    long start = Long.parseLong(ends[0]);
                    long end = Long.parseLong(ends[ends.length - 1]);
                    free.add(Extent.between(start * blockSize, (end + blocksPerCluster) * blockSize));
                }
            }
        }
        return ExtentSet.of(free);
    }

    private static String first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException("no " + pattern + " in " + text);
        }
        return matcher.group(1);
    }

    /** Free bytes of XFS, with the few blocks that its groups keep for their own trees. */
    static ExtentSet xfsFree(Lab lab, Path image) {
        long blockSize = xfsNumber(lab, image, "blocksize");
        long groupBlocks = xfsNumber(lab, image, "agblocks");
        List<Extent> free = new ArrayList<>();
        for (String line : lab.run("xfs_db", "-r", "-c", "freesp -d", image.toString())
                .lines()
                .toList()) {
            Matcher record = XFS_RECORD.matcher(line);
            if (record.matches()) {
                long start = (Long.parseLong(record.group(1)) * groupBlocks + Long.parseLong(record.group(2)));
                free.add(new Extent(start * blockSize, Long.parseLong(record.group(3)) * blockSize));
            }
        }
        return ExtentSet.of(free);
    }

    static long xfsNumber(Lab lab, Path image, String field) {
        String text = lab.run("xfs_db", "-r", "-c", "sb 0", "-c", "print " + field, image.toString());
        return Long.parseLong(text.replaceAll(".*= ", "").strip());
    }

    /** Used bytes of a btrfs without its superblocks and reserved start. */
    static ExtentSet btrfsUsed(Lab lab, Path image, int nodeSize) {
        TreeMap<Long, List<Long>> places = new TreeMap<>();
        List<Long> current = List.of();
        for (String line : lab.run("btrfs", "inspect-internal", "dump-tree", "-t", "chunk", image.toString())
                .lines()
                .toList()) {
            Matcher key = CHUNK_KEY.matcher(line);
            Matcher stripe = STRIPE.matcher(line);
            if (key.find()) {
                current = new ArrayList<>();
                places.put(Long.parseLong(key.group(1)), current);
            } else if (stripe.find()) {
                current.add(Long.parseLong(stripe.group(1)));
            }
        }
        List<Extent> used = new ArrayList<>();
        for (String line : lab.run("btrfs", "inspect-internal", "dump-tree", "-t", "extent", image.toString())
                .lines()
                .toList()) {
            Matcher key = EXTENT_KEY.matcher(line);
            if (key.find()) {
                long logical = Long.parseLong(key.group(1));
                long length = key.group(2).equals("EXTENT_ITEM") ? Long.parseLong(key.group(3)) : nodeSize;
                Map.Entry<Long, List<Long>> chunk = Objects.requireNonNull(places.floorEntry(logical));
                for (long place : chunk.getValue()) {
                    used.add(new Extent(place + logical - chunk.getKey(), length));
                }
            }
        }
        return ExtentSet.of(used);
    }
}

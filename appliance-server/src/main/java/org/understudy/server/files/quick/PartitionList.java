package org.understudy.server.files.quick;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code sfdisk --json} prints.
 *
 * @param entries in the order of the table
 */
record PartitionList(List<Entry> entries) {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Pattern NUMBER = Pattern.compile("(\\d{1,5})$");
    private static final long LARGEST_SECTOR = 4096;

    /**
     * A partition.
     *
     * @param offset bytes; negative if the table says nonsense
     * @param size bytes; negative likewise
     * @param type lower-case GUID, or hexadecimal number without prefix
     */
    record Entry(int number, long offset, long size, String type) {}

    PartitionList {
        entries = List.copyOf(entries);
    }

    /** Whether there is nothing but the entry that protects a GPT, which must be gone then. */
    boolean onlyProtects() {
        return entries.size() == 1 && entries.getFirst().type().equals("ee");
    }

    /** Empty if it is not what {@code sfdisk} prints. */
    static Optional<PartitionList> parse(String output) {
        try {
            JsonNode table = JSON.readTree(output).path("partitiontable");
            long sector = table.path("sectorsize").asLong(0);
            if (sector < 512 || sector > LARGEST_SECTOR) {
                return Optional.empty();
            }
            List<Entry> entries = new ArrayList<>();
            for (JsonNode partition : table.path("partitions")) {
                // The node is the image's name and the number; a name that ends in a digit has a "p" between them.
                Matcher number = NUMBER.matcher(partition.path("node").asString(""));
                if (!number.find()) {
                    return Optional.empty();
                }
                entries.add(new Entry(
                        Integer.parseInt(number.group(1)),
                        bytes(partition.path("start").asLong(-1), sector),
                        bytes(partition.path("size").asLong(-1), sector),
                        partition.path("type").asString("").toLowerCase(Locale.ROOT)));
            }
            return Optional.of(new PartitionList(entries));
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    private static long bytes(long sectors, long sectorBytes) {
        return sectors < 0 || sectors > Long.MAX_VALUE / sectorBytes ? -1 : sectors * sectorBytes;
    }
}

package org.understudy.server.hypervisor.libvirt;

import java.util.Optional;
import java.util.Set;

/**
 * An IPv4 network of 256 addresses.
 *
 * @param number the upper 24 bits of its addresses
 */
record Subnet(int number) {

    /** The subnet that an address lies in. */
    static Subnet of(String address) {
        return new Subnet(bits(address) >>> 8);
    }

    /**
     * The first free subnet of a range, beginning at a place that {@code seed} chooses, so that two networks made at once seldom
     * want the same one.
     *
     * @param range {@code a.b.c.d/n}, n at most 24
     */
    static Optional<Subnet> free(String range, Set<Subnet> taken, int seed) {
        int slash = range.indexOf('/');
        int length = Integer.parseInt(range.substring(slash + 1));
        int count = 1 << (24 - length);
        int first = (bits(range.substring(0, slash)) >>> 8) / count * count;
        int start = Math.floorMod(seed, count);
        for (int i = 0; i < count; i++) {
            Subnet candidate = new Subnet(first + (start + i) % count);
            if (!taken.contains(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    /** @param host last number of the address */
    String address(int host) {
        return (number >>> 16) + "." + (number >>> 8 & 255) + "." + (number & 255) + "." + host;
    }

    private static int bits(String address) {
        int bits = 0;
        String[] parts = address.split("\\.", -1);
        if (parts.length != 4) {
            throw new IllegalArgumentException("not an IPv4 address: " + address);
        }
        for (String part : parts) {
            int value = Integer.parseInt(part);
            if (value > 255) {
                throw new IllegalArgumentException("not an IPv4 address: " + address);
            }
            bits = bits << 8 | value;
        }
        return bits;
    }
}

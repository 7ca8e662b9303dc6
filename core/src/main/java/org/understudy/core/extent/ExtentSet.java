package org.understudy.core.extent;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/** An immutable set of bytes kept as sorted extents that neither overlap nor touch. */
public final class ExtentSet {

    private static final ExtentSet EMPTY = new ExtentSet(List.of());

    private final List<Extent> extents;

    private ExtentSet(List<Extent> extents) {
        this.extents = extents;
    }

    public static ExtentSet empty() {
        return EMPTY;
    }

    public static ExtentSet of(Extent... extents) {
        return of(List.of(extents));
    }

    /** The union of the given extents, which may come in any order and overlap. */
    public static ExtentSet of(Collection<Extent> extents) {
        List<Extent> merged = new ArrayList<>(extents.size());
        extents.stream().sorted().forEach(next -> append(merged, next));
        return merged.isEmpty() ? EMPTY : new ExtentSet(List.copyOf(merged));
    }

    private static void append(List<Extent> merged, Extent next) {
        Extent last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
        if (last == null || next.offset() > last.end()) {
            merged.add(next);
        } else if (next.end() > last.end()) {
            merged.set(merged.size() - 1, Extent.between(last.offset(), next.end()));
        }
    }

    public List<Extent> extents() {
        return extents;
    }

    public Stream<Extent> stream() {
        return extents.stream();
    }

    public boolean isEmpty() {
        return extents.isEmpty();
    }

    /** Number of bytes in the set. */
    public long totalBytes() {
        return extents.stream().mapToLong(Extent::length).sum();
    }

    public ExtentSet union(ExtentSet other) {
        List<Extent> all = new ArrayList<>(extents.size() + other.extents.size());
        all.addAll(extents);
        all.addAll(other.extents);
        return of(all);
    }

    public ExtentSet intersect(ExtentSet other) {
        List<Extent> common = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < extents.size() && j < other.extents.size()) {
            Extent a = extents.get(i);
            Extent b = other.extents.get(j);
            long start = Math.max(a.offset(), b.offset());
            long end = Math.min(a.end(), b.end());
            if (start < end) {
                common.add(Extent.between(start, end));
            }
            if (a.end() < b.end()) {
                i++;
            } else {
                j++;
            }
        }
        return common.isEmpty() ? EMPTY : new ExtentSet(List.copyOf(common));
    }

    public ExtentSet subtract(ExtentSet other) {
        List<Extent> rest = new ArrayList<>();
        int j = 0;
        for (Extent extent : extents) {
            long start = extent.offset();
            while (j < other.extents.size() && other.extents.get(j).end() <= start) {
                j++;
            }
            for (int k = j; k < other.extents.size() && other.extents.get(k).offset() < extent.end(); k++) {
                Extent hole = other.extents.get(k);
                if (hole.offset() > start) {
                    rest.add(Extent.between(start, hole.offset()));
                }
                start = Math.max(start, hole.end());
            }
            if (start < extent.end()) {
                rest.add(Extent.between(start, extent.end()));
            }
        }
        return rest.isEmpty() ? EMPTY : new ExtentSet(List.copyOf(rest));
    }

    /** The bytes of {@code [0, size)} that are not in this set. */
    public ExtentSet complement(long size) {
        return size == 0 ? EMPTY : ExtentSet.of(new Extent(0, size)).subtract(this);
    }

    /** Every extent grown outwards to multiples of {@code blockSize}, cut at {@code size}. */
    public ExtentSet alignedTo(int blockSize, long size) {
        return of(extents.stream()
                .map(e -> Extent.between(
                        e.offset() / blockSize * blockSize,
                        Math.min(size, (e.end() + blockSize - 1) / blockSize * blockSize)))
                .toList());
    }

    /** The set moved by {@code delta} bytes. */
    public ExtentSet shifted(long delta) {
        return new ExtentSet(extents.stream()
                .map(e -> new Extent(e.offset() + delta, e.length()))
                .toList());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ExtentSet set && extents.equals(set.extents);
    }

    @Override
    public int hashCode() {
        return extents.hashCode();
    }

    @Override
    public String toString() {
        return extents.toString();
    }
}

package org.understudy.core.extent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Against a model of one bit per byte. */
class ExtentSetTest {

    private static final int SIZE = 600;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    @RepeatedTest(200)
    void everyOperationAgreesWithTheModel() {
        List<Extent> extents = extents();
        BitSet model = model(extents);
        ExtentSet set = ExtentSet.of(extents);
        List<Extent> otherExtents = extents();
        BitSet otherModel = model(otherExtents);
        ExtentSet other = ExtentSet.of(otherExtents);

        agrees("of", set, model);
        agrees("union", set.union(other), with(model, otherModel, BitSet::or));
        agrees("intersect", set.intersect(other), with(model, otherModel, BitSet::and));
        agrees("subtract", set.subtract(other), with(model, otherModel, BitSet::andNot));
        BitSet flipped = (BitSet) model.clone();
        flipped.flip(0, SIZE);
        agrees("complement", set.complement(SIZE), flipped);
        int block = 1 + random.nextInt(40);
        agrees("alignedTo " + block, set.alignedTo(block, SIZE), aligned(model, block));
        int delta = random.nextInt(100);
        BitSet moved = new BitSet();
        model.stream().forEach(bit -> moved.set(bit + delta));
        agrees("shifted", set.shifted(delta), moved);
    }

    @RepeatedTest(50)
    void theOrderInWhichExtentsComeDoesNotMatter() {
        List<Extent> extents = extents();
        List<Extent> shuffled = new ArrayList<>(extents);
        Collections.shuffle(shuffled, random);

        assertThat(ExtentSet.of(shuffled)).as("seed %d", seed).isEqualTo(ExtentSet.of(extents));
        assertThat(ExtentSet.of(shuffled)).hasSameHashCodeAs(ExtentSet.of(extents));
    }

    @Test
    void offsetsBeyondTwoTebibytesAreExact() {
        long base = 3L << 40;
        ExtentSet set = ExtentSet.of(new Extent(base, 10), new Extent(base + 10, 5), new Extent(base + 100, 1));

        assertThat(set.extents()).containsExactly(new Extent(base, 15), new Extent(base + 100, 1));
        assertThat(set.alignedTo(1 << 16, base + 50).extents()).containsExactly(new Extent(base, 50));
        assertThat(set.totalBytes()).isEqualTo(16);
    }

    @Test
    void anExtentHasAtLeastOneByteAndAnEndThatIsANumber() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Extent(0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Extent(-1, 5));
        assertThatIllegalArgumentException().isThrownBy(() -> new Extent(Long.MAX_VALUE, 1));
        assertThat(new Extent(5, 5).overlaps(new Extent(9, 1))).isTrue();
        assertThat(new Extent(5, 5).overlaps(new Extent(10, 1))).isFalse();
    }

    @Test
    void theEmptySetIsEmpty() {
        assertThat(ExtentSet.empty().isEmpty()).isTrue();
        assertThat(ExtentSet.empty().complement(0)).isEqualTo(ExtentSet.empty());
        assertThat(ExtentSet.empty().complement(7)).isEqualTo(ExtentSet.of(new Extent(0, 7)));
        assertThat(ExtentSet.of(List.of()).totalBytes()).isZero();
    }

    private List<Extent> extents() {
        List<Extent> extents = new ArrayList<>();
        int count = random.nextInt(12);
        for (int i = 0; i < count; i++) {
            int offset = random.nextInt(SIZE - 1);
            extents.add(new Extent(offset, 1 + random.nextInt(Math.min(80, SIZE - offset))));
        }
        return extents;
    }

    private static BitSet model(List<Extent> extents) {
        BitSet bits = new BitSet();
        extents.forEach(e -> bits.set((int) e.offset(), (int) e.end()));
        return bits;
    }

    private interface Operation {
        void apply(BitSet left, BitSet right);
    }

    private static BitSet with(BitSet left, BitSet right, Operation operation) {
        BitSet result = (BitSet) left.clone();
        operation.apply(result, right);
        return result;
    }

    private static BitSet aligned(BitSet bits, int block) {
        BitSet result = new BitSet();
        bits.stream().forEach(bit -> result.set(bit / block * block, Math.min(SIZE, (bit / block + 1) * block)));
        return result;
    }

    private void agrees(String operation, ExtentSet set, BitSet model) {
        assertThat(model(set.extents())).as("%s, seed %d", operation, seed).isEqualTo(model);
        assertThat(set.totalBytes()).as("%s, seed %d", operation, seed).isEqualTo(model.cardinality());
        for (int i = 1; i < set.extents().size(); i++) {
            assertThat(set.extents().get(i).offset())
                    .as("%s: sorted, neither overlapping nor touching, seed %d", operation, seed)
                    .isGreaterThan(set.extents().get(i - 1).end());
        }
    }
}

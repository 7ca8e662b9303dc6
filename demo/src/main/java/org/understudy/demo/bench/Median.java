package org.understudy.demo.bench;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What stands in the middle of repeated measurements: one slow round on a busy machine does not move it. */
public final class Median {

    private Median() {}

    /** @throws IllegalArgumentException if there is no sample */
    public static <T> double of(List<T> samples, ToDoubleFunction<T> figure) {
        if (samples.isEmpty()) {
            throw new IllegalArgumentException("no samples");
        }
        double[] sorted = samples.stream().mapToDouble(figure).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** Smallest and largest. */
    public static <T> double[] range(List<T> samples, ToDoubleFunction<T> figure) {
        double[] sorted = samples.stream().mapToDouble(figure).sorted().toArray();
        return Arrays.copyOf(new double[] {sorted[0], sorted[sorted.length - 1]}, 2);
    }
}

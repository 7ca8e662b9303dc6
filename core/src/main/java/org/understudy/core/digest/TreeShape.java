package org.understudy.core.digest;

/**
 * Where the pages of a {@link DigestTree} lie: page 0 is the header, then come the pages of each level, lowest first. A page of level 0
 * has the digests of {@link #ARITY} blocks, a page above those of as many pages below. The highest level has one page.
 *
 * @param first number of the first page of each level in the file
 * @param pages number of pages of each level
 */
record TreeShape(long[] first, long[] pages) {

    static final int PAGE_BYTES = 4096;

    /** Digests in a page. */
    static final int ARITY = PAGE_BYTES / BlockDigest.LENGTH;

    static TreeShape of(long blocks) {
        int levels = 1;
        for (long count = pagesFor(blocks); count > 1; count = pagesFor(count)) {
            levels++;
        }
        long[] first = new long[levels];
        long[] pages = new long[levels];
        long at = 1;
        long below = blocks;
        for (int level = 0; level < levels; level++) {
            first[level] = at;
            pages[level] = pagesFor(below);
            at += pages[level];
            below = pages[level];
        }
        return new TreeShape(first, pages);
    }

    private static long pagesFor(long entries) {
        return Math.max(1, (entries + ARITY - 1) / ARITY);
    }

    int top() {
        return first.length - 1;
    }

    /** Number of a page in the file. */
    long page(int level, long index) {
        return first[level] + index;
    }

    long fileBytes() {
        return (first[top()] + 1) * PAGE_BYTES;
    }
}

package org.understudy.server.storage.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.storage.VolumeStore;
import org.understudy.server.storage.VolumeStoreContract;

class InMemoryVolumeStoreTest extends VolumeStoreContract {

    @TempDir
    Path directory;

    private InMemoryVolumeStore store = new InMemoryVolumeStore(Path.of("unused"));

    @BeforeEach
    void open() {
        store = new InMemoryVolumeStore(directory);
    }

    @Override
    protected VolumeStore store() {
        return store;
    }

    /** There is nothing to read back: the fake is its own memory. */
    @Override
    protected void reopen() {}

    @Override
    protected void fillPool() {
        store.full(true);
    }

    @Test
    void anOrderedFailureHappensOnceAndChangesNothing() {
        store.failNext("createVolume", Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", "test"));

        refuses(ProblemCode.POOL_UNAVAILABLE, () -> store.createVolume(disk0, ByteSize.ofMebibytes(1)));

        assertThat(store.hosts()).isEmpty();
        store.createVolume(disk0, ByteSize.ofMebibytes(1));
        assertThat(store.hosts()).containsExactly(host);
    }
}

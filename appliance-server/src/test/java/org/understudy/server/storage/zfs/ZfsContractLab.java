package org.understudy.server.storage.zfs;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.understudy.server.storage.VolumeStoreContract;
import org.understudy.zfs.name.DatasetName;

/** The contract of the port on a real pool. */
@Tag("store")
class ZfsContractLab extends VolumeStoreContract {

    private static StorePool pool;

    private DatasetName root;
    private @Nullable ZfsVolumeStore store;

    @BeforeAll
    static void makePool() throws IOException {
        pool = StorePool.create();
    }

    @AfterAll
    static void destroyPool() {
        pool.close();
    }

    @BeforeEach
    void open() {
        root = pool.nextRoot();
        store = pool.open(root, pool.commands);
    }

    @AfterEach
    void clear() throws IOException {
        store().close();
        pool.clear(root);
    }

    @Override
    protected ZfsVolumeStore store() {
        if (store == null) {
            throw new IllegalStateException("the store is closed");
        }
        return store;
    }

    @Override
    protected void reopen() {
        store().close();
        store = null;
        store = pool.open(root, pool.commands);
    }

    @Override
    protected void fillPool() {
        pool.fill();
    }
}

package org.understudy.demo.bench.iscsi;

import java.io.IOException;

/** An initiator that carries out workloads. */
interface Driver extends AutoCloseable {

    String name();

    /** Runs one round and measures it. */
    Sample run(ServedDisk disk, Workload workload) throws IOException;

    @Override
    void close();
}

package org.understudy.iscsi.target;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.understudy.iscsi.pdu.BufferPool;

/** What connections need of their server. Thread-safe. */
interface ServerContext {

    Limits limits();

    Executor workers();

    BufferPool buffers();

    /** The target of a lower-case name. */
    Optional<ExportedTarget> find(String iqn);

    List<ExportedTarget> exported();

    Clock clock();

    /** Where refused logins are told. */
    Refusals refusals();

    /** A session handle that is not zero. */
    int nextTsih();

    /** A connection has released everything. */
    void ended(Connection connection);
}

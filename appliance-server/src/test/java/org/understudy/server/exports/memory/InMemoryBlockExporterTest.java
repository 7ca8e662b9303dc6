package org.understudy.server.exports.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.exports.BlockExporter;
import org.understudy.server.exports.BlockExporterContract;

class InMemoryBlockExporterTest extends BlockExporterContract {

    private final InMemoryBlockExporter exporter = new InMemoryBlockExporter();

    @Override
    protected BlockExporter exporter() {
        return exporter;
    }

    @Test
    void anOrderedFailureHappensOnce() throws IOException {
        exporter.failNext(Problem.of(ProblemCode.ISCSI_IO_FAILED));

        refuses(ProblemCode.ISCSI_IO_FAILED, () -> exporter.export(export(IQN, image("a", 512))));

        assertThat(exporter.active()).isEmpty();
        exporter.export(export(IQN, image("a", 512)));
        assertThat(exporter.exported(IQN)).isPresent();
    }

    @Test
    void aFailedDeviceIsRememberedUntilTheRelease() throws IOException {
        exporter.export(export(IQN, image("a", 512)));
        exporter.failDevice(IQN, Problem.of(ProblemCode.POOL_FULL, "free", "0 B"));

        assertThat(exporter.failure(IQN)).map(Problem::code).contains(ProblemCode.POOL_FULL);
        exporter.release(IQN);
        assertThat(exporter.failure(IQN)).isEmpty();
    }
}

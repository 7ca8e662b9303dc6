package org.understudy.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import org.jscsi.exception.ConfigurationException;
import org.jscsi.exception.NoSuchSessionException;
import org.jscsi.exception.TaskExecutionException;
import org.jscsi.initiator.Configuration;
import org.jscsi.initiator.Initiator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.LunDefinition;
import org.understudy.iscsi.target.TargetDefinition;

/**
 * jSCSI's initiator 2.2, unpatched, against our target. It takes the first unit attention of a session for a failure, so
 * the unit has to start quietly; and in a write that needs more than one R2T it computes the offset of the second wrongly,
 * so its writes stay below FirstBurstLength + MaxBurstLength (320 KiB).
 */
@Timeout(60)
class JscsiInteropTest {

    private static final int SIZE = 16 << 20;
    private static final int COMMAND_BYTES = 256 << 10;
    private static final String NAME = "disk";

    @TempDir
    private Path directory;

    @Test
    void jscsi_writes_and_reads_the_same()
            throws IOException, ConfigurationException, NoSuchSessionException, TaskExecutionException {
        MemoryBlockDevice device = new MemoryBlockDevice(SIZE);
        byte[] content = new byte[4 << 20];
        new Random(7).nextBytes(content);
        try (IscsiTargetServer server = TestTargets.plainServer()) {
            server.add(TargetDefinition.open(TestTargets.IQN, new LunDefinition(0, device, "JSCSI").withQuietStart()));
            Initiator initiator = new Initiator(configuration(server.plainPort()));
            initiator.createSession(NAME);
            // What it calls the capacity is the number of the last block.
            assertThat((initiator.getCapacity(NAME) + 1) * initiator.getBlockSize(NAME))
                    .isEqualTo(SIZE);
            for (int offset = 0; offset < content.length; offset += COMMAND_BYTES) {
                ByteBuffer part =
                        ByteBuffer.wrap(content, offset, COMMAND_BYTES).slice();
                initiator.write(NAME, part, 8 + offset / 512, COMMAND_BYTES);
            }
            ByteBuffer back = ByteBuffer.allocate(content.length);
            initiator.read(NAME, back, 8, content.length);
            assertThat(back.array()).isEqualTo(content);

            ByteBuffer stored = ByteBuffer.allocate(content.length);
            device.read(4096, stored);
            assertThat(stored.array()).isEqualTo(content);
            initiator.closeSession(NAME);
        }
    }

    private Configuration configuration(int port) throws IOException, ConfigurationException {
        Path schema = directory.resolve("jscsi.xsd");
        try (InputStream stream = Objects.requireNonNull(Initiator.class.getResourceAsStream("/jscsi.xsd"))) {
            Files.copy(stream, schema);
        }
        Path file = directory.resolve("jscsi.xml");
        Files.writeString(file, """
                <?xml version="1.0" encoding="UTF-8"?>
                <configuration xmlns="http://www.jscsi.org/2006-09">
                  <global>
                    <AuthMethod>None</AuthMethod>
                    <DataDigest>None</DataDigest>
                    <DataPDUInOrder>Yes</DataPDUInOrder>
                    <DataSequenceInOrder>Yes</DataSequenceInOrder>
                    <DefaultTime2Retain>20</DefaultTime2Retain>
                    <DefaultTime2Wait>2</DefaultTime2Wait>
                    <ErrorRecoveryLevel>0</ErrorRecoveryLevel>
                    <FirstBurstLength>65536</FirstBurstLength>
                    <HeaderDigest>None</HeaderDigest>
                    <IFMarker>No</IFMarker>
                    <IFMarkInt>2048</IFMarkInt>
                    <ImmediateData>Yes</ImmediateData>
                    <InitialR2T>Yes</InitialR2T>
                    <InitiatorAlias>jscsi</InitiatorAlias>
                    <InitiatorName>iqn.2026-11.org.understudy:jscsi</InitiatorName>
                    <MaxBurstLength>262144</MaxBurstLength>
                    <MaxConnections>1</MaxConnections>
                    <MaxOutstandingR2T>1</MaxOutstandingR2T>
                    <MaxRecvDataSegmentLength>8192</MaxRecvDataSegmentLength>
                    <OFMarker>No</OFMarker>
                    <OFMarkInt>2048</OFMarkInt>
                    <SessionType>Normal</SessionType>
                  </global>
                  <target id="%s" address="127.0.0.1" port="%d">
                    <ImmediateData>Yes</ImmediateData>
                    <TargetName>%s</TargetName>
                  </target>
                </configuration>
                """.formatted(NAME, port, TestTargets.IQN));
        return Configuration.create(schema.toFile(), file.toFile());
    }
}

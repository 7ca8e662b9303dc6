package org.understudy.iscsi.target;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Scanner;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.MemoryBlockDevice;

/**
 * A target process of its own that tells how it is: prints the port of its portal and that of its reports; who connects to
 * the latter gets one {@link Report}. Ends with the process that started it or when killed.
 */
final class CrowdTarget {

    /** Buffers of all connections together: the stated bound. */
    static final long BUFFER_BOUND = 128L << 20;

    static final long DEVICE_BYTES = 16L << 20;

    private CrowdTarget() {}

    /**
     * @param connections open connections
     * @param buffers bytes of data buffers in use
     * @param heap bytes of heap in use, after a collection
     * @param direct bytes outside of the heap: all data buffers, used and idle, and those of connections
     * @param threads live threads
     * @param descriptors open file descriptors
     */
    record Report(int connections, long buffers, long heap, long direct, int threads, long descriptors) {

        static Report from(int port) throws IOException {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                    Scanner words = new Scanner(socket.getInputStream(), StandardCharsets.US_ASCII)) {
                return new Report(
                        words.nextInt(),
                        words.nextLong(),
                        words.nextLong(),
                        words.nextLong(),
                        words.nextInt(),
                        words.nextLong());
            }
        }

        private String line() {
            return connections + " " + buffers + " " + heap + " " + direct + " " + threads + " " + descriptors + "\n";
        }
    }

    public static void main(String[] arguments) throws IOException {
        Limits limits = Limits.defaults()
                .withTimeouts(Duration.ofSeconds(3), Duration.ofSeconds(3), Duration.ofSeconds(3))
                .withBuffers(4 << 20, BUFFER_BOUND);
        try (IscsiTargetServer server = TestTargets.plainServer(limits);
                ServerSocket reports = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
            server.add(TestTargets.target(new MemoryBlockDevice(DEVICE_BYTES)));
            System.out.println("ports " + server.plainPort() + " " + reports.getLocalPort());
            while (true) {
                try (Socket socket = reports.accept();
                        OutputStream output = socket.getOutputStream()) {
                    output.write(report(server).line().getBytes(StandardCharsets.US_ASCII));
                }
            }
        }
    }

    private static Report report(IscsiTargetServer server) {
        System.gc();
        UnixOperatingSystemMXBean system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return new Report(
                server.connections(),
                server.bufferBytes(),
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                direct,
                ManagementFactory.getThreadMXBean().getThreadCount(),
                system.getOpenFileDescriptorCount());
    }
}

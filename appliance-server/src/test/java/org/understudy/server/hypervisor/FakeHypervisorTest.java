package org.understudy.server.hypervisor;

import java.net.InetAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The fake keeps the contract, so tests that use it mean something. */
class FakeHypervisorTest extends HypervisorContract {

    @TempDir
    private Path directory;

    private final FakeHypervisor fake = new FakeHypervisor();

    @Override
    protected Hypervisor hypervisor() {
        return fake;
    }

    @Override
    protected Path bootableDisk() {
        return TestGuest.blank(directory.resolve("boot.raw"), 4096);
    }

    @Override
    protected Path blankDisk() {
        return TestGuest.blank(directory.resolve("blank.raw"), 4096);
    }

    @Override
    protected void crash(MachineName name) {
        fake.crash(name);
    }

    @Override
    protected void defineForeign(MachineName name) {
        fake.makeForeign(name);
    }

    @Override
    protected boolean foreignExists(MachineName name) {
        return fake.isForeign(name);
    }

    @Override
    protected void removeForeign(MachineName name) {
        fake.removeForeign(name);
    }

    @Override
    protected String ask(InetAddress address) {
        return "hello from " + address;
    }
}

package org.understudy.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.understudy.core.command.Command;
import org.understudy.zfs.PoolSpec.Group;
import org.understudy.zfs.PoolSpec.Redundancy;
import org.understudy.zfs.PoolStatus.ScanKind;
import org.understudy.zfs.PoolStatus.ScanState;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.PoolName;

/** Real pools on files: made, damaged, mended, grown, taken away and found again. */
@Tag("zfs")
class PoolsLab {

    private static final int MIB = 1 << 20;

    private LabPool pool;
    private Pools pools;

    @BeforeEach
    void makeMirror() throws IOException {
        pool = LabPool.create(Redundancy.MIRROR, 2);
        pools = pool.manage;
    }

    @AfterEach
    void destroyPool() throws IOException {
        pool.close();
    }

    private static void fails(Class<? extends ZfsError> error, ThrowingCallable call) {
        assertThatExceptionOfType(ZfsException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.error()).isInstanceOf(error));
    }

    private PoolStatus status() {
        return pools.status(pool.name);
    }

    private void awaitScan(ScanKind kind) {
        await().atMost(Duration.ofMinutes(3))
                .until(() -> status().scan()
                        .filter(scan -> scan.kind() == kind && scan.state() == ScanState.FINISHED)
                        .isPresent());
    }

    @Test
    void json_and_text_describe_the_same_pool() throws IOException {
        String text = pool.commands
                .run(Command.of("zpool", "status", "-p", "-P", pool.name.value()))
                .orThrow()
                .output();

        PoolStatus fromText = PoolStatusParser.text(pool.name, text);

        assertThat(fromText).isEqualTo(status());
        assertThat(fromText.devices().map(PoolStatus.Device::name))
                .containsExactly(
                        "mirror-0",
                        pool.devices.get(0).toString(),
                        pool.devices.get(1).toString());
    }

    @Test
    void a_scrub_finds_and_mends_what_a_disk_lost() throws IOException {
        DatasetName volume = pool.volume("vol 1", 64L * MIB, 48 * MIB, 1);
        pools.sync(pool.name);
        byte[] noise = LabPool.random(4 * MIB, 2);
        try (RandomAccessFile device = new RandomAccessFile(pool.devices.get(0).toFile(), "rw")) {
            for (long offset = 16L * MIB; offset < 400L * MIB; offset += 16L * MIB) {
                device.seek(offset);
                device.write(noise);
            }
            device.getFD().sync();
        }

        pools.scrub(pool.name);
        awaitScan(ScanKind.SCRUB);

        assertThat(status().scan().orElseThrow().errors()).isZero();
        assertThat(status().devices()
                        .filter(d -> d.name().equals(pool.devices.get(0).toString())))
                .allSatisfy(device -> assertThat(device.checksumErrors()).isPositive());
        assertThat(pool.read(volume, 48 * MIB)).isEqualTo(LabPool.random(48 * MIB, 1));
        pools.clearErrors(pool.name);
        assertThat(status().devices())
                .allSatisfy(device -> assertThat(device.checksumErrors()).isZero());
        assertThat(pools.events(pool.name).events())
                .extracting(PoolEvent::kind)
                .contains("sysevent.fs.zfs.scrub_start", "sysevent.fs.zfs.scrub_finish", "ereport.fs.zfs.checksum");
        fails(ZfsError.NoScrub.class, () -> pools.stopScrub(pool.name));
    }

    @Test
    void a_failed_disk_is_replaced_and_resilvered() throws IOException {
        DatasetName volume = pool.volume("vol 1", 64L * MIB, 16 * MIB, 3);
        Path old = pool.devices.get(0);
        pools.offline(pool.name, old.toString());
        assertThat(status().health()).isEqualTo("DEGRADED");
        assertThat(status().devices().filter(d -> d.name().equals(old.toString())))
                .allSatisfy(device -> assertThat(device.state()).isEqualTo("OFFLINE"));
        Path fresh = pool.device("fresh disk", LabPool.DEVICE_BYTES);

        pools.replace(pool.name, old.toString(), fresh);
        awaitScan(ScanKind.RESILVER);
        await().atMost(Duration.ofMinutes(2)).until(() -> status().health().equals("ONLINE"));

        assertThat(status().devices().map(PoolStatus.Device::name))
                .contains(fresh.toString())
                .doesNotContain(old.toString());
        assertThat(pool.read(volume, 16 * MIB)).isEqualTo(LabPool.random(16 * MIB, 3));
    }

    @Test
    void a_pool_grows_with_its_disks_and_trims_them() throws IOException {
        long before = size();
        for (Path device : pool.devices) {
            pool.device(device.getFileName().toString(), 2 * LabPool.DEVICE_BYTES);
            pools.online(pool.name, device.toString(), true);
        }

        await().atMost(Duration.ofMinutes(1)).until(() -> size() > before + LabPool.DEVICE_BYTES / 2);
        pools.trim(pool.name);
        await().atMost(Duration.ofMinutes(1))
                .until(() -> pools.events(pool.name).events().stream()
                        .anyMatch(event -> event.kind().equals("sysevent.fs.zfs.trim_finish")));
    }

    private long size() {
        return pools.list().stream()
                .filter(each -> each.name().equals(pool.name))
                .findAny()
                .orElseThrow()
                .sizeBytes();
    }

    @Test
    void an_exported_pool_is_found_and_imported_by_its_identity() throws IOException {
        DatasetName volume = pool.volume("vol 1", 8L * MIB, MIB, 4);
        Guid guid = guid();
        pool.run("udevadm", "settle");
        pools.export(pool.name);
        assertThat(pools.list()).extracting(Pool::name).doesNotContain(pool.name);
        fails(ZfsError.PoolMissing.class, () -> pools.status(pool.name));
        fails(ZfsError.PoolMissing.class, () -> pools.export(pool.name));
        fails(
                ZfsError.PoolMissing.class,
                () -> pools.importPool(new Guid(12345), Optional.empty(), Optional.of(pool.directory)));

        assertThat(pools.importable(Optional.of(pool.directory)))
                .containsExactly(new Importable(pool.name, guid, "ONLINE"));
        pools.importPool(guid, Optional.empty(), Optional.of(pool.directory));

        assertThat(pool.read(volume, MIB)).isEqualTo(LabPool.random(MIB, 4));
        assertThat(pools.importable(Optional.of(pool.directory))).isEmpty();
    }

    private Guid guid() {
        return pools.list().stream()
                .filter(each -> each.name().equals(pool.name))
                .findAny()
                .orElseThrow()
                .guid();
    }

    @Test
    void devices_that_do_not_fit_are_refused_by_type() throws IOException {
        Path small = pool.device("small", 64L * MIB);
        Path free = pool.device("free", LabPool.DEVICE_BYTES);
        PoolName other = new PoolName("other");

        fails(ZfsError.AlreadyExists.class, () -> pools.create(spec(pool.name, free)));
        fails(ZfsError.DeviceInUse.class, () -> pools.create(spec(other, pool.devices.get(0))));
        fails(ZfsError.DeviceMissing.class, () -> pools.create(spec(other, pool.directory.resolve("none"))));
        fails(
                ZfsError.DeviceTooSmall.class,
                () -> pools.replace(pool.name, pool.devices.get(0).toString(), small));
        fails(ZfsError.DeviceMissing.class, () -> pools.replace(pool.name, "/no/such disk", free));
        fails(ZfsError.DeviceMissing.class, () -> pools.online(pool.name, "/no/such disk", false));
        fails(ZfsError.NotOurs.class, () -> pools.destroy(pool.name, new Guid(7)));
        fails(ZfsError.PoolMissing.class, () -> pools.destroy(other, new Guid(7)));
        assertThat(pools.list()).extracting(Pool::name).doesNotContain(other);
        pools.destroy(pool.name, guid());
        assertThat(pools.list()).extracting(Pool::name).doesNotContain(pool.name);
    }

    private static PoolSpec spec(PoolName name, Path device) {
        return new PoolSpec(name, List.of(new Group(Redundancy.NONE, List.of(device))), List.of());
    }

    @Test
    void a_full_pool_says_so() throws IOException {
        long available = pool.datasets.usage(pool.name.dataset()).available();
        pool.tool(
                "zfs",
                "create",
                "-V",
                (available >> 20) - 32 + "M",
                pool.dataset("reserved").value());

        fails(
                ZfsError.OutOfSpace.class,
                () -> pool.tool(
                        "zfs", "create", "-V", "64M", pool.dataset("no room").value()));
        assertThat(pool.datasets.usage(pool.name.dataset()).available()).isLessThan(64L * MIB);
    }
}

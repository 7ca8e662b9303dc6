package org.understudy.server.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.util.unit.DataSize;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

class StorageSettingsTest {

    @Test
    void nothingNeedsToBeSet() {
        assertThat(bind(Map.of())).isEqualTo(new StorageSettings("btrfs", null, null, null, null, null, null));
    }

    @Test
    void everySettingIsRead() {
        assertThat(bind(Map.of(
                        "understudy.storage.kind", "btrfs",
                        "understudy.storage.pool-file", "/srv/pool.img",
                        "understudy.storage.pool-size", "4TB",
                        "understudy.storage.mount", "/srv/pool",
                        "understudy.storage.reserve", "500MB")))
                .isEqualTo(new StorageSettings(
                        "btrfs",
                        Path.of("/srv/pool.img"),
                        DataSize.ofTerabytes(4),
                        null,
                        Path.of("/srv/pool"),
                        DataSize.ofMegabytes(500),
                        null));
        assertThat(bind(Map.of("understudy.storage.device", "/dev/sdb")).device())
                .isEqualTo(Path.of("/dev/sdb"));
    }

    @Test
    void aStoreOnZfsIsNamedByItsFileSystem() {
        StorageSettings settings =
                bind(Map.of("understudy.storage.kind", "zfs", "understudy.storage.dataset", "tank 1/b_c.d: e-f"));

        assertThat(settings.dataset()).isEqualTo("tank 1/b_c.d: e-f");
    }

    @Test
    void whatIsWrongIsSaidWithWhatToWrite() {
        refuses(Map.of("kind", "ntfs"), "understudy.storage.kind", "kind=btrfs");
        refuses(Map.of("kind", "zfs"), "understudy.storage.dataset", "dataset=POOL/understudy");
        refuses(Map.of("dataset", "tank/u"), "understudy.storage.dataset", "kind=zfs");
        for (String name : List.of(
                "tank",
                "tank/",
                "/tank/u",
                "tank//u",
                "tank/..",
                "tank/u@s",
                "tank/-o%",
                "mirror/u",
                "tank/ü",
                "tank/" + "u".repeat(120))) {
            refuses(Map.of("kind", "zfs", "dataset", name), "understudy.storage.dataset", "dataset=POOL/understudy");
        }
        refuses(Map.of("kind", "zfs", "dataset", "tank/u", "device", "/dev/sdb"), "understudy.storage.kind", "Remove");
        refuses(Map.of("pool-file", "pool.img"), "understudy.storage.pool-file", "pool-file=/var/lib");
        refuses(Map.of("mount", "pool"), "understudy.storage.mount", "mount=/var/lib");
        refuses(Map.of("device", "sdb"), "understudy.storage.device", "device=/dev/disk");
        refuses(Map.of("device", "/dev/sdb", "pool-file", "/p"), "understudy.storage.device", "Remove");
        refuses(Map.of("device", "/dev/sdb", "pool-size", "1TB"), "understudy.storage.pool-size", "Remove");
        refuses(Map.of("pool-size", "1MB"), "understudy.storage.pool-size", "pool-size=200GB");
        refuses(Map.of("reserve", "-1MB"), "understudy.storage.reserve", "reserve=1GB");
        refuses(Map.of("pool-size", "1GB", "reserve", "1GB"), "understudy.storage.reserve", "reserve=1GB");
    }

    private static StorageSettings bind(Map<String, String> properties) {
        return new Binder(new MapConfigurationPropertySource(properties))
                .bindOrCreate("understudy.storage", StorageSettings.class);
    }

    private static void refuses(Map<String, String> settings, String named, String toWrite) {
        Map<String, String> properties = new HashMap<>();
        settings.forEach((name, value) -> properties.put("understudy.storage." + name, value));
        assertThatExceptionOfType(BindException.class)
                .isThrownBy(() -> bind(properties))
                .havingRootCause()
                .isInstanceOfSatisfying(ProblemException.class, e -> {
                    assertThat(e.problem().code()).isEqualTo(ProblemCode.INVALID_SETTING);
                    assertThat(e.problem().summary(Locale.ENGLISH)).contains(named);
                    assertThat(e.problem().remedy(Locale.ENGLISH)).contains(toWrite);
                });
    }
}

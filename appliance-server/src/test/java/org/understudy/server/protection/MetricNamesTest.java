package org.understudy.server.protection;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.server.kernel.HostId;

/** The names that boards and alarms are built on. */
class MetricNamesTest {

    @TempDir
    Path pool;

    @Test
    void aScrapeHasExactlyTheDocumentedNames() throws Exception {
        Set<String> documented = documented();
        assertThat(documented).hasSizeGreaterThan(10);
        try (Appliance appliance = new Appliance(pool).start()) {
            HostId host = appliance.host("web1", 1 << 20);
            TestPolicies policy = TestPolicies.everyHour("one").withRetention(new RetentionRule(1, 0, 0, 0, 0, 0));
            appliance.policies().save(policy.policy());
            appliance.fleet.assignPolicy(host, Optional.of(policy.id()));
            appliance.point(host);
            RecoveryPoint point = appliance.point(host);
            appliance.points().verify(point.id()).get();
            appliance.agents.disconnect(host);
            appliance.task("backup-run").run(host.toString(), appliance.clock.instant(), false);
            org.awaitility.Awaitility.await()
                    .untilAsserted(
                            () -> assertThat(names(appliance.meters.scrape())).isEqualTo(documented));
        }
    }

    private static Set<String> names(String scrape) {
        return Arrays.stream(scrape.split("\n"))
                .filter(line -> line.startsWith("understudy_"))
                .map(line -> line.replaceFirst("[{ ].*", ""))
                .map(name -> name.replaceFirst("_seconds_(count|sum|max)$", "_seconds"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> documented() throws IOException {
        String design = Files.readString(Path.of("../docs/design/backup-run.md"));
        List<MatchResult> rows = Pattern.compile("(?m)^\\| `(understudy_[a-z_]+)` \\|")
                .matcher(design)
                .results()
                .toList();
        return rows.stream().map(row -> row.group(1)).collect(Collectors.toCollection(TreeSet::new));
    }
}

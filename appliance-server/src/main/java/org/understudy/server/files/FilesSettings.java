package org.understudy.server.files;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.understudy.server.kernel.Setting;

/**
 * Reading files of recovery points: {@code understudy.files.*}.
 *
 * @param allowQuickPath {@code allow-quick-path}: the appliance's own kernel may read file systems of protected hosts. Only if every host is trusted:
 *     who took a host over could harm the appliance by a crafted file system
 * @param idleLimit {@code idle-limit}: a point closes when nobody read it for this long
 * @param mostOpen {@code most-open}: most points that are open at the same time
 * @param zipEntries {@code zip-entries}: most files and folders in one zip
 */
@ConfigurationProperties("understudy.files")
public record FilesSettings(
        @DefaultValue("false") boolean allowQuickPath,
        @DefaultValue("15m") Duration idleLimit,
        @DefaultValue("8") int mostOpen,
        @DefaultValue("500000") int zipEntries) {

    /** @throws org.understudy.core.problem.ProblemException {@code INVALID_SETTING} */
    public FilesSettings {
        Setting.range("understudy.files.idle-limit", idleLimit, Duration.ofSeconds(10), Duration.ofDays(1));
        Setting.range("understudy.files.most-open", mostOpen, 1, 100);
        Setting.range("understudy.files.zip-entries", zipEntries, 1, 10_000_000);
    }
}

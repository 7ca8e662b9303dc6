package org.understudy.server.scheduling;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.understudy.server.kernel.Setting;

/**
 * How schedules are run.
 *
 * @param threads how many scheduled tasks are started at the same time, from 1 to 64
 */
@ConfigurationProperties("understudy.scheduling")
public record SchedulingSettings(@DefaultValue("4") int threads) {

    public SchedulingSettings {
        Setting.range("understudy.scheduling.threads", threads, 1, 64);
    }
}

package org.understudy.iscsi.target;

/**
 * What the sessions of one target may use together.
 *
 * @param bytesPerSecond reads and writes added; 0 is unlimited
 * @param commandsPerSecond reads and writes added; 0 is unlimited
 */
public record ExportLimits(long bytesPerSecond, long commandsPerSecond) {

    public static final ExportLimits UNLIMITED = new ExportLimits(0, 0);

    public ExportLimits {
        if (bytesPerSecond < 0 || commandsPerSecond < 0) {
            throw new IllegalArgumentException("limits are 0 (unlimited) or positive");
        }
    }
}

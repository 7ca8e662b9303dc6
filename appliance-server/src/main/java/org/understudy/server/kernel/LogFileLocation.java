package org.understudy.server.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.logging.Log;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.logging.DeferredLogFactory;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Puts the log file into {@code logs/} of the data directory. If that cannot be written, only the console is logged to: the
 * check of the data directory, which comes later, explains it better than the logging system would.
 */
public class LogFileLocation implements EnvironmentPostProcessor, Ordered {

    private static final String SETTING = "logging.file.name";

    private final Log log;

    /** Called by Spring Boot; the log is kept until logging is set up. */
    public LogFileLocation(DeferredLogFactory logs) {
        this.log = logs.getLog(LogFileLocation.class);
    }

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        if (environment.containsProperty(SETTING)) {
            return;
        }
        try {
            Path data = Binder.get(environment)
                    .bindOrCreate("understudy", DataDirectory.class)
                    .data();
            Path logs = data.resolve("logs");
            Files.createDirectories(logs);
            if (Files.isWritable(logs)) {
                String file = logs.resolve("understudy.log").toString();
                environment
                        .getPropertySources()
                        .addLast(new MapPropertySource("understudyLogFile", Map.of(SETTING, file)));
            }
        } catch (IOException | BindException e) {
            log.warn("Nothing is logged to a file: " + e);
        }
    }

    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE;
    }
}

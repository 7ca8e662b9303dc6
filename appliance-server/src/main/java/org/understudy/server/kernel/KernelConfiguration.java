package org.understudy.server.kernel;

import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;

/** What every module is given: the only clock and the only way to start programs. */
@Configuration(proxyBeanMethods = false)
public class KernelConfiguration {

    @Bean
    public Clock clock() {
        return Clock.systemUTC();
    }

    @Bean
    static DataDirectoryLock dataDirectoryLock(ConfigurableEnvironment environment) {
        return new DataDirectoryLock(environment);
    }

    @Bean
    public CommandRunner commandRunner() {
        return new ProcessCommandRunner();
    }
}

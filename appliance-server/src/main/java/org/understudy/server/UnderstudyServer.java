package org.understudy.server;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** The control server of an Understudy appliance. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class UnderstudyServer {

    public static void main(String[] arguments) {
        SpringApplication.run(UnderstudyServer.class, arguments);
    }
}

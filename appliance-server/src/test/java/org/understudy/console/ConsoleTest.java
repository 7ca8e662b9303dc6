package org.understudy.console;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.webmvc.test.autoconfigure.AutoConfigureMockMvc;

/** A test of the console on fakes; all of them share one context, in which time stands still. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@SpringBootTest(
        classes = ConsoleSlice.class,
        properties = {
            "understudy.data=target/console-test",
            "understudy.console.zone=Asia/Shanghai",
            "logging.level.root=warn"
        })
@AutoConfigureMockMvc
@interface ConsoleTest {}

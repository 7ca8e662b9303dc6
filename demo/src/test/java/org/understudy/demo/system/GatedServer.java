package org.understudy.demo.system;

import java.nio.file.Path;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.PayloadApplicationEvent;
import org.understudy.server.UnderstudyServer;
import org.understudy.server.protection.ProtectionEvents;
import org.understudy.server.recovery.RecoveryEvents;

/** The control server as it is shipped, with a gate at each transition of runs and takeovers. */
public final class GatedServer {

    private GatedServer() {}

    public static void main(String[] arguments) {
        Gate gate = new Gate(Path.of(System.getProperty("understudy.test.gate")));
        new SpringApplicationBuilder(UnderstudyServer.class)
                .listeners(event -> {
                    if (event instanceof PayloadApplicationEvent<?> payload) {
                        pass(gate, payload.getPayload());
                    }
                })
                .run(arguments);
    }

    private static void pass(Gate gate, Object event) {
        if (event instanceof ProtectionEvents.RunChanged changed) {
            gate.pass(changed.state().name());
        } else if (event instanceof RecoveryEvents.TakeoverChanged changed) {
            gate.pass("TAKEOVER_" + changed.state().name());
        }
    }
}

package org.understudy.agent.transfer;

import java.util.Arrays;
import org.understudy.agent.testing.MemoryTargets;
import org.understudy.core.protocol.ServerMessage.DataTarget;

class MemoryTargetsTest extends RemoteTargetsContract {

    private final MemoryTargets targets = new MemoryTargets();

    MemoryTargetsTest() {
        byte[] ones = new byte[SIZE];
        Arrays.fill(ones, (byte) 1);
        targets.put(LUN, ones);
    }

    @Override
    RemoteTargets targets() {
        return targets;
    }

    @Override
    DataTarget target() {
        return new DataTarget(1, "iqn.2026-11.org.understudy:t", "user", MemoryTargets.SECRET);
    }

    @Override
    DataTarget targetWithWrongSecret() {
        return new DataTarget(1, "iqn.2026-11.org.understudy:t", "user", "wrong");
    }

    @Override
    byte[] content() {
        return targets.durable(LUN);
    }
}

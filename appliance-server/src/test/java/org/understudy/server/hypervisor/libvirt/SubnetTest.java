package org.understudy.server.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SubnetTest {

    @Test
    void aTakenSubnetIsNeverChosen() {
        Set<Subnet> taken = new HashSet<>();
        for (int i = 0; i < 256; i++) {
            Subnet next = Subnet.free("10.231.0.0/16", taken, 77).orElseThrow();
            assertThat(next.address(1)).matches("10\\.231\\.[0-9]+\\.1");
            assertThat(taken.add(next)).isTrue();
        }
        assertThat(Subnet.free("10.231.0.0/16", taken, 77)).isEmpty();
    }

    @Test
    void theRangeIsRoundedDownToItsBeginning() {
        assertThat(Subnet.free("192.168.77.200/24", Set.of(), -5)).hasValue(Subnet.of("192.168.77.0"));
        assertThat(Subnet.free("10.200.3.9/8", Set.of(), 0)).hasValue(Subnet.of("10.0.0.0"));
    }
}

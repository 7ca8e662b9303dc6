package org.understudy.server.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class DrillServicesTest {

    private static final String LEASES = """
            1795217000 52:54:00:aa:00:01 10.231.4.20 web *
            1795217900 52:54:00:aa:00:01 10.231.4.21 web 01:52:54:00:aa:00:01
            1795217000 52:54:00:aa:00:02 10.231.4.22 * *
            duid 00:01:00:01:2e:00:00:00:52:54:00:aa:00:02
            1795217000 52:54:00:aa:00:03 not-an-address * *
            """;

    @Test
    void theNewestLeaseOfTheFirstCardCounts() throws Exception {
        assertThat(DrillServices.leased(LEASES, List.of("52:54:00:aa:00:09", "52:54:00:aa:00:01", "52:54:00:aa:00:02")))
                .hasValue(InetAddress.getByName("10.231.4.21"));
    }

    @Test
    void whatIsNoLeaseIsNoAddress() throws Exception {
        assertThat(DrillServices.leased(LEASES, List.of("52:54:00:aa:00:03"))).isEmpty();
        assertThat(DrillServices.leased("", List.of("52:54:00:aa:00:01"))).isEmpty();
    }
}

package org.understudy.agent.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.problem.ProblemException;

class ServerAddressTest {

    @Test
    void namesAndAddressesAreRead() {
        assertThat(ServerAddress.parse("backup.example:8443")).isEqualTo(new ServerAddress("backup.example", 8443));
        assertThat(ServerAddress.parse("[fd00::1]:8443").uri("wss", "/x")).hasToString("wss://[fd00::1]:8443/x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "host", "host:", "host:0", "host:70000", "host:1/path", "user@host:1", ":8443", "a b:1"})
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> ServerAddress.parse(text))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("HOST:PORT");
    }
}

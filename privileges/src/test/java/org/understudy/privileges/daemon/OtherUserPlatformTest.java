package org.understudy.privileges.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.privileges.client.PrivilegesClient;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Request;

/** Processes of other users at the server's socket, which belongs to {@code nobody} here. Needs root, setpriv and perl. */
@Tag("platform")
class OtherUserPlatformTest {

    private static final String NOBODY = "65534";
    private static final String DAEMON = "1";

    /** Connects, asks for the status, prints the answer; prints what refused it else. */
    private static final String ASK = """
            use IO::Socket::UNIX; $| = 1;
            my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $ARGV[0]) or do { print "closed: $!"; exit };
            local $SIG{PIPE} = 'IGNORE';
            my $q = '{"verb":"read-status"}';
            print $s pack('N', length $q) . $q; $s->flush;
            my $n = read $s, my $h, 4; if (!$n) { print "cut off"; exit }
            read $s, my $a, unpack('N', $h); print $a;
            """;

    private Path directory;
    private DaemonFixture daemon;

    @BeforeEach
    void start() throws IOException {
        // Not a TempDir: every user must be able to walk to the socket, so that its own modes are what decides.
        directory = Files.createTempDirectory(Path.of("/var/tmp"), "understudy-privileges");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        daemon = new DaemonFixture(directory, "nobody", "nogroup");
    }

    @AfterEach
    void stop() throws IOException {
        daemon.close();
        try (var files = Files.walk(directory)) {
            for (Path path : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private String askAs(String user, String group, Path socket) {
        CommandResult result = new ProcessCommandRunner()
                .run(Command.of(
                        "setpriv",
                        "--reuid=" + user,
                        "--regid=" + group,
                        "--clear-groups",
                        "perl",
                        "-e",
                        ASK,
                        socket.toString()));
        assertThat(result.errorOutput()).isEmpty();
        return result.output();
    }

    @Test
    void the_servers_user_is_served() {
        assertThat(askAs(NOBODY, NOBODY, daemon.settings.serverSocket())).contains("\"answer\":\"status\"");
        assertThat(daemon.log()).anyMatch(line -> line.contains("\"who\":\"server:nobody\""));
    }

    @Test
    void others_do_not_even_reach_the_sockets() {
        assertThat(askAs(DAEMON, DAEMON, daemon.settings.serverSocket())).isEqualTo("closed: Permission denied");
        assertThat(askAs(NOBODY, NOBODY, daemon.settings.consoleSocket())).isEqualTo("closed: Permission denied");
        assertThat(askAs(DAEMON, DAEMON, daemon.settings.consoleSocket())).isEqualTo("closed: Permission denied");
    }

    @Test
    void where_modes_are_wrong_the_kernel_still_says_who_it_is() throws IOException {
        for (Path socket : List.of(daemon.settings.serverSocket(), daemon.settings.consoleSocket())) {
            Files.setPosixFilePermissions(socket.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));

            // The group of the server opens nothing: it is the user that counts.
            assertThat(askAs(DAEMON, NOBODY, socket)).isEqualTo("cut off");
        }
        assertThat(daemon.log())
                .filteredOn(line -> line.contains("this socket is not for that user"))
                .hasSize(2)
                .allMatch(line -> line.contains(":daemon\""));
    }

    @Test
    void root_is_not_the_server() {
        try (PrivilegesClient root = new PrivilegesClient(daemon.settings.serverSocket())) {
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> root.ask(new Request.ReadStatus(), Answer.class))
                    .hasMessageContaining("does not answer");
        }
    }

    @Test
    void files_of_the_daemon_are_closed_to_the_server() {
        for (Path file : List.of(
                daemon.settings.log().resolve("calls.log"),
                daemon.settings.state().resolve("clock"))) {
            CommandResult result = new ProcessCommandRunner()
                    .run(Command.of(
                            "setpriv",
                            "--reuid=" + NOBODY,
                            "--regid=" + NOBODY,
                            "--clear-groups",
                            "cat",
                            file.toString()));
            assertThat(result.succeeded()).isFalse();
        }
    }
}

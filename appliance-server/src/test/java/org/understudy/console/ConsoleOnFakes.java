package org.understudy.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;

/**
 * Serves the console with the fakes over HTTPS, for looking at it: {@code main} prints the address, the user is {@code ann},
 * the password {@code seven grey herons wait}.
 */
final class ConsoleOnFakes implements AutoCloseable {

    private static final String STORE_PASSWORD = "only-for-tests";

    private final ConfigurableApplicationContext context;

    ConsoleOnFakes(Path directory, String... more) {
        Path store = directory.resolve("console.p12");
        new ProcessCommandRunner()
                .run(Command.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "console",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=ip:127.0.0.1,dns:localhost",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        STORE_PASSWORD))
                .orThrow();
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--server.ssl.key-store=" + store,
                "--server.ssl.key-store-password=" + STORE_PASSWORD,
                "--server.shutdown=immediate",
                "--understudy.data=" + directory,
                "--understudy.console.zone=Asia/Shanghai",
                "--logging.level.root=warn"));
        arguments.addAll(List.of(more));
        context = new SpringApplicationBuilder(ConsoleSlice.class)
                .bannerMode(org.springframework.boot.Banner.Mode.OFF)
                .headless(true)
                .run(arguments.toArray(String[]::new));
        Scenery.fill(scene());
    }

    Scene scene() {
        return context.getBean(Scene.class);
    }

    FakeAccess access() {
        return context.getBean(FakeAccess.class);
    }

    FakeAuditLog audit() {
        return context.getBean(FakeAuditLog.class);
    }

    String address() {
        return "https://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port");
    }

    @Override
    public void close() {
        context.close();
    }

    public static void main(String[] arguments) throws IOException {
        System.setProperty("console.real-clock", "true");
        ConsoleOnFakes console = new ConsoleOnFakes(
                Files.createTempDirectory("console"), arguments.length == 0 ? "--server.port=8443" : arguments[0]);
        System.out.println(console.address() + "  user " + FakeAccess.USER + ", password " + FakeAccess.PASSWORD);
    }
}

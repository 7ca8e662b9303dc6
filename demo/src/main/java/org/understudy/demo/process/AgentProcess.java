package org.understudy.demo.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.RunningProcess;

/** The Linux agent as a process of its own. */
public final class AgentProcess implements AutoCloseable {

    /** Where packages are installed; it must exist for {@link #ofPackage}. */
    public static final String PACKAGE_HOME = "/usr/lib/understudy-agent";

    private final RunningProcess process;
    private final Path log;

    private AgentProcess(RunningProcess process, Path log) {
        this.process = process;
        this.log = log;
    }

    /**
     * The command that starts the packaged agent, with the memory settings of its service. The property {@code understudy.agent.java}
     * names another Java than the one of this process: what an agent takes depends on it.
     */
    public static List<String> packaged(Path home) {
        Path launch = home.resolve("agent-linux/src/main/launch");
        return List.of(
                System.getProperty("understudy.agent.java", ServerProcess.java()),
                "@" + launch.resolve("runtime.options"),
                "@" + launch.resolve("agent.options"),
                "-XX:CompilerDirectivesFile=" + launch.resolve("compiler-directives.json"),
                "--enable-native-access=ALL-UNNAMED",
                "-jar",
                home.resolve("agent-linux/target/understudy-agent-linux-0.1.0-SNAPSHOT.jar")
                        .toString());
    }

    /**
     * The command that starts the agent of a package as on a host that has it: with its own runtime, launcher and archive of classes, at the
     * place for which they were made. That place is a mount which nobody else sees.
     *
     * @param unpacked the package's files, as {@code dpkg-deb -x} leaves them
     */
    public static List<String> ofPackage(Path unpacked) {
        return List.of(
                "unshare",
                "--mount",
                "--propagation",
                "slave",
                "sh",
                "-c",
                "mount --bind \"$0\" " + PACKAGE_HOME + " && exec \"$@\"",
                unpacked.resolve(PACKAGE_HOME.substring(1)).toString(),
                unpacked.resolve("usr/bin/understudy-agent").toString());
    }

    /**
     * Enrols a host; this is the one command that an administrator runs on it.
     *
     * @param command as the appliance prints it: {@code enrol --server … --fingerprint … --token …}
     */
    public static void enrol(CommandRunner commands, List<String> launch, String command, Path state, Path device) {
        List<String> argv = new ArrayList<>(launch);
        argv.addAll(List.of(command.split(" +", -1)));
        argv.addAll(List.of("--state", state.toString(), "--device", device.toString()));
        commands.run(Command.of(argv)).orThrow();
    }

    public static AgentProcess start(CommandRunner commands, List<String> launch, Path state) {
        return start(commands, launch, state, List.of());
    }

    /** @param options further options of {@code run} */
    public static AgentProcess start(CommandRunner commands, List<String> launch, Path state, List<String> options) {
        List<String> argv = new ArrayList<>(launch);
        argv.addAll(List.of("run", "--state", state.toString()));
        argv.addAll(options);
        Path log = state.resolveSibling(state.getFileName() + ".log");
        return new AgentProcess(
                commands.start(
                        Command.of(argv)
                                .withEnvironment(Map.of("MALLOC_ARENA_MAX", "1", "MALLOC_MMAP_THRESHOLD_", "65536")),
                        log),
                log);
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public Path log() {
        return log;
    }

    /** Ends the process as {@code kill -9} does. */
    public void kill() {
        ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly);
        process.awaitExit(Duration.ofSeconds(10));
    }

    public boolean awaitExit(Duration limit) {
        return process.awaitExit(limit);
    }

    @Override
    public void close() {
        process.close();
    }
}

package org.understudy.agent.linux;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.understudy.agent.connection.ServerAddress;
import org.understudy.agent.enrolment.Enroller;
import org.understudy.agent.enrolment.EnrolmentRequest;
import org.understudy.agent.state.Identity;
import org.understudy.agent.state.StateDirectory;
import picocli.CommandLine;

/** {@code enrol}: makes this host known to an appliance. */
@CommandLine.Command(
        name = "enrol",
        description = "Enrol this host with an appliance.",
        mixinStandardHelpOptions = true)
final class EnrolCommand implements Callable<Integer> {

    @CommandLine.Option(
            names = "--server",
            required = true,
            paramLabel = "HOST:PORT",
            description = "Agent port of the appliance.")
    @SuppressWarnings("NullAway.Init")
    private String server;

    @CommandLine.Option(
            names = "--fingerprint",
            required = true,
            paramLabel = "HEX",
            description = "SHA-256 of the appliance's CA certificate, as the console shows it.")
    @SuppressWarnings("NullAway.Init")
    private String fingerprint;

    @CommandLine.Option(names = "--token", required = true, description = "One-time token from the console.")
    @SuppressWarnings("NullAway.Init")
    private String token;

    @CommandLine.Option(
            names = "--state",
            paramLabel = "DIR",
            defaultValue = AgentCommand.DEFAULT_STATE,
            description = "Where the agent keeps its state (${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private Path state;

    @CommandLine.Option(
            names = "--device",
            paramLabel = "PATH",
            description = "Offer this block device only; may be repeated. Without it all disks are offered.")
    private List<String> devices = new ArrayList<>();

    @CommandLine.Option(names = "--force", description = "Replace an enrolment that is already there.")
    private boolean force;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        Privileges.requireToChange(state);
        KernelFiles files = KernelFiles.ofThisHost();
        ServerAddress address = ServerAddress.parse(server);
        // Wrong devices are told before a token is used up.
        new BlockDevices(files, devices).find();
        try (StateDirectory directory = StateDirectory.open(state)) {
            Identity identity = new Enroller(directory)
                    .enrol(
                            new EnrolmentRequest(address, fingerprint, token, devices),
                            HostIdentity.hostName(files),
                            HostIdentity.machineId(files, state),
                            force);
            spec.commandLine()
                    .getOut()
                    .println("This host is enrolled with the appliance at " + identity.server() + " as "
                            + identity.hostId() + ".");
            spec.commandLine().getOut().flush();
        }
        return CommandLine.ExitCode.OK;
    }
}

package org.understudy.iscsi.cli;

import org.understudy.iscsi.initiator.SessionConfig;
import picocli.CommandLine.Option;

/** Options of the commands that log in somewhere. */
final class InitiatorOptions {

    @Option(names = "--initiator", paramLabel = "IQN", description = "Our initiator name; default: ${DEFAULT-VALUE}.")
    String initiatorName = SessionConfig.DEFAULT_INITIATOR_NAME;
}

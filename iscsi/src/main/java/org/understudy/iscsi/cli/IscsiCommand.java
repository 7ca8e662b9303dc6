package org.understudy.iscsi.cli;

import picocli.CommandLine.Command;

/** {@code understudy iscsi}: see its subcommands. */
@Command(name = "iscsi", mixinStandardHelpOptions = true, description = "iSCSI target and initiator tools.")
public final class IscsiCommand {}

package org.understudy.core.command;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One external program to run. Arguments go to the program as they are: no shell reads them.
 *
 * @param argv program and arguments
 * @param environment variables added to the inherited environment (with {@code LC_ALL=C} always set)
 * @param input bytes for standard input; secrets travel here, never in {@code argv}
 * @param directory working directory, or null for the caller's
 * @param stallLimit the program is ended when it neither used CPU, read, wrote nor printed for this long
 * @param secrets strings that are shown as {@code ***} wherever the command is logged
 */
public record Command(
        List<String> argv,
        Map<String, String> environment,
        byte[] input,
        @Nullable Path directory,
        Duration stallLimit,
        List<String> secrets) {

    public static final Duration DEFAULT_STALL_LIMIT = Duration.ofSeconds(60);

    public Command {
        if (argv.isEmpty() || argv.get(0).isBlank()) {
            throw new IllegalArgumentException("a command needs a program");
        }
        argv = List.copyOf(argv);
        environment = Map.copyOf(environment);
        input = input.clone();
        secrets = List.copyOf(secrets);
    }

    public static Command of(String... argv) {
        return of(List.of(argv));
    }

    public static Command of(List<String> argv) {
        return new Command(argv, Map.of(), new byte[0], null, DEFAULT_STALL_LIMIT, List.of());
    }

    public Command and(String... more) {
        List<String> longer = new ArrayList<>(argv);
        longer.addAll(List.of(more));
        return new Command(longer, environment, input, directory, stallLimit, secrets);
    }

    public Command withInput(byte[] newInput) {
        return new Command(argv, environment, newInput, directory, stallLimit, secrets);
    }

    public Command withEnvironment(Map<String, String> variables) {
        return new Command(argv, variables, input, directory, stallLimit, secrets);
    }

    public Command inDirectory(Path newDirectory) {
        return new Command(argv, environment, input, newDirectory, stallLimit, secrets);
    }

    public Command withStallLimit(Duration limit) {
        return new Command(argv, environment, input, directory, limit, secrets);
    }

    public Command withSecrets(String... newSecrets) {
        return new Command(argv, environment, input, directory, stallLimit, List.of(newSecrets));
    }

    @Override
    public byte[] input() {
        return input.clone();
    }

    /** The command line for people: quoted where needed, secrets hidden. */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder();
        for (String word : argv) {
            if (!line.isEmpty()) {
                line.append(' ');
            }
            String shown = word;
            for (String secret : secrets) {
                shown = shown.replace(secret, "***");
            }
            line.append(shown.matches("[A-Za-z0-9_@%+=:,./-]+") ? shown : "'" + shown.replace("'", "'\\''") + "'");
        }
        return line.toString();
    }
}

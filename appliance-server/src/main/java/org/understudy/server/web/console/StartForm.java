package org.understudy.server.web.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.springframework.util.MultiValueMap;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.kernel.PointId;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeovers;

/** Reads the form that starts a takeover or drill. */
final class StartForm {

    static final int PROBES = 3;
    private static final int HIGHEST_PORT = 65_535;

    private StartForm() {}

    /** @throws ProblemException {@code INVALID_REQUEST} naming the field that cannot be understood */
    static Takeovers.Request read(PointId point, MultiValueMap<String, String> form, Phrases phrases) {
        return new Takeovers.Request(
                point,
                constant(Takeover.Mode.class, text(form, "mode"), "start.mode", phrases)
                        .orElseThrow(() -> wrong("start.mode", phrases)),
                cpus(form, phrases),
                memory(form, phrases),
                constant(VirtualMachine.DiskBus.class, text(form, "diskBus"), "takeover.disks", phrases),
                constant(VirtualMachine.NicModel.class, text(form, "nic"), "takeover.nic", phrases),
                constant(VirtualMachine.Firmware.class, text(form, "firmware"), "takeover.firmware", phrases),
                probes(form, phrases),
                form.containsKey("acceptSuspect"));
    }

    private static OptionalInt cpus(MultiValueMap<String, String> form, Phrases phrases) {
        String cpus = text(form, "cpus");
        return cpus.isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of((int) number(cpus, 1, 1024, "takeover.cpus", phrases));
    }

    private static OptionalLong memory(MultiValueMap<String, String> form, Phrases phrases) {
        String mebibytes = text(form, "memory");
        return mebibytes.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(number(mebibytes, 16, 1L << 30, "takeover.memory", phrases) << 20);
    }

    private static List<Takeover.Probe> probes(MultiValueMap<String, String> form, Phrases phrases) {
        List<Takeover.Probe> probes = new ArrayList<>();
        for (int i = 0; i < PROBES; i++) {
            String kind = text(form, "probe." + i + ".kind");
            if (kind.isEmpty()) {
                continue;
            }
            int port = (int) number(text(form, "probe." + i + ".port"), 1, HIGHEST_PORT, "probe.port", phrases);
            switch (kind) {
                case "tcp" -> probes.add(new Takeover.Probe.Tcp(port));
                case "http" -> {
                    String path = text(form, "probe." + i + ".path");
                    String expect = text(form, "probe." + i + ".expect");
                    probes.add(new Takeover.Probe.Http(
                            port,
                            path.startsWith("/") ? path : "/" + path,
                            expect.isEmpty() ? Optional.empty() : Optional.of(expect)));
                }
                default -> throw wrong("probe.kind", phrases);
            }
        }
        return probes;
    }

    private static <E extends Enum<E>> Optional<E> constant(Class<E> type, String name, String field, Phrases phrases) {
        if (name.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Enum.valueOf(type, name));
        } catch (IllegalArgumentException e) {
            throw wrong(field, phrases);
        }
    }

    private static long number(String text, long minimum, long maximum, String field, Phrases phrases) {
        try {
            long value = Long.parseLong(text);
            if (value >= minimum && value <= maximum) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw wrong(field, phrases);
        }
        throw wrong(field, phrases);
    }

    private static String text(MultiValueMap<String, String> form, String name) {
        String value = form.getFirst(name);
        return value == null ? "" : value.strip();
    }

    private static ProblemException wrong(String field, Phrases phrases) {
        return Problem.of(ProblemCode.INVALID_REQUEST, "reason", phrases.text("form.wrong", phrases.text(field)))
                .asException();
    }
}

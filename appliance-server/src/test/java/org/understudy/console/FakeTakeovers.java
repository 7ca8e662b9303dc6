package org.understudy.console;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.recovery.MachineRoom;
import org.understudy.server.recovery.RecoveryEvents;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeovers;

final class FakeTakeovers implements Takeovers {

    private final Scene scene;

    FakeTakeovers(Scene scene) {
        this.scene = scene;
    }

    /** 16 GiB and 8 virtual processors that nobody has; a quarter is the takeovers'. */
    @Override
    public MachineRoom room() {
        long total = 16L << 30;
        return new MachineRoom(
                new MachineRoom.Part(total, 0, 0, 0, total / 4, total, total / 4 * 3),
                new MachineRoom.Part(8, 0, 0, 0, 2, 8, 6),
                List.of());
    }

    @Override
    public TakeoverId start(Request request) {
        TakeoverId id = TakeoverId.random();
        RecoveryPoint point;
        synchronized (scene) {
            point = ConsoleSlice.found(Optional.ofNullable(scene.points.get(request.point())), "point");
            if (point.state() == RecoveryPoint.State.SUSPECT && !request.acceptSuspect()) {
                throw Problem.of(
                                ProblemCode.POINT_SUSPECT,
                                "point",
                                request.point().toString())
                        .asException();
            }
            scene.called("start " + request);
            scene.takeovers.put(
                    id,
                    new Takeover(
                            id,
                            point.host(),
                            point.id(),
                            request.mode(),
                            Takeover.State.REQUESTED,
                            request.cpus().orElse(2),
                            request.memoryBytes().orElse(2L << 30),
                            request.diskBus().orElse(VirtualMachine.DiskBus.VIRTIO),
                            request.nicModel().orElse(VirtualMachine.NicModel.VIRTIO),
                            request.firmware().orElse(VirtualMachine.Firmware.BIOS),
                            "virtio: the initramfs has virtio_blk and virtio_net",
                            scene.now(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            List.of(new Takeover.Transition(Takeover.State.REQUESTED, scene.now(), Duration.ZERO, "")),
                            request.probes().stream()
                                    .map(probe -> new Takeover.ProbeResult(
                                            probe,
                                            Optional.empty(),
                                            Optional.empty(),
                                            Optional.empty(),
                                            Optional.empty(),
                                            Optional.empty()))
                                    .toList(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            false));
        }
        scene.events.publishEvent(new RecoveryEvents.TakeoverChanged(id, point.host(), Takeover.State.REQUESTED));
        return id;
    }

    /** Takes a takeover to a state, as the server would. */
    static void enter(Scene scene, TakeoverId id, Takeover.State state) {
        Takeover t;
        synchronized (scene) {
            t = scene.takeover(id);
            List<Takeover.Transition> transitions = new ArrayList<>();
            t.transitions()
                    .forEach(step -> transitions.add(new Takeover.Transition(
                            step.state(), step.enteredAt(), Duration.ofMillis(380), step.note())));
            transitions.add(new Takeover.Transition(state, scene.now(), Duration.ZERO, ""));
            boolean runs = state == Takeover.State.RUNNING;
            t = new Takeover(
                    t.id(),
                    t.host(),
                    t.point(),
                    t.mode(),
                    state,
                    t.cpus(),
                    t.memoryBytes(),
                    t.diskBus(),
                    t.nicModel(),
                    t.firmware(),
                    t.profile(),
                    t.requestedAt(),
                    state.isFinal() ? Optional.of(scene.now()) : Optional.empty(),
                    runs ? Optional.of("10.91.4.23") : t.address(),
                    runs ? Optional.of(Duration.ofMillis(1640)) : t.toRunning(),
                    runs ? Optional.of(Duration.ofMillis(11_300)) : t.toAnswer(),
                    transitions,
                    t.probes().stream()
                            .map(p -> runs
                                    ? new Takeover.ProbeResult(
                                            p.probe(),
                                            Optional.of(true),
                                            Optional.of(Duration.ofMillis(11_300)),
                                            Optional.of(
                                                    "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"),
                                            Optional.of("<h1>Orders</h1>\n<p>Generation 7</p>"),
                                            Optional.empty())
                                    : p)
                            .toList(),
                    runs ? Optional.of(scene.now()) : t.screenshotAt(),
                    t.problem(),
                    t.failedIn(),
                    t.kept());
            scene.takeovers.put(id, t);
        }
        scene.events.publishEvent(new RecoveryEvents.TakeoverChanged(id, t.host(), state));
    }

    @Override
    public Optional<Takeover> takeover(TakeoverId id) {
        synchronized (scene) {
            return Optional.ofNullable(scene.takeovers.get(id));
        }
    }

    @Override
    public List<Takeover> takeovers(int limit) {
        synchronized (scene) {
            return scene.takeovers.values().stream()
                    .sorted(Comparator.comparing(Takeover::requestedAt).reversed())
                    .limit(limit)
                    .toList();
        }
    }

    @Override
    public List<Takeover> active() {
        return takeovers(100).stream().filter(t -> !t.state().isFinal()).toList();
    }

    @Override
    public Optional<byte[]> screenshot(TakeoverId id) {
        BufferedImage image = new BufferedImage(720, 400, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setFont(new Font(Font.MONOSPACED, Font.PLAIN, 15));
        pen.setColor(new Color(190, 190, 190));
        List<String> lines = List.of(
                "[  OK  ] Started ssh.service - OpenBSD Secure Shell server.",
                "[  OK  ] Started nginx.service - A high performance web server.",
                "[  OK  ] Reached target multi-user.target - Multi-User System.",
                "",
                "Debian GNU/Linux 13 web-01 tty1",
                "",
                "web-01 login: _");
        for (int i = 0; i < lines.size(); i++) {
            pen.drawString(lines.get(i), 12, 28 + 20 * i);
        }
        pen.dispose();
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Optional.of(png.toByteArray());
    }

    @Override
    public void stop(TakeoverId id) {
        enter(scene, id, Takeover.State.STOPPED);
    }

    @Override
    public void resume(TakeoverId id) {
        enter(scene, id, Takeover.State.RUNNING);
    }

    @Override
    public void discard(TakeoverId id) {
        enter(scene, id, Takeover.State.DONE);
    }

    @Override
    public void keep(TakeoverId id, boolean kept) {
        synchronized (scene) {
            Takeover t = scene.takeover(id);
            scene.takeovers.put(
                    id,
                    new Takeover(
                            t.id(),
                            t.host(),
                            t.point(),
                            t.mode(),
                            t.state(),
                            t.cpus(),
                            t.memoryBytes(),
                            t.diskBus(),
                            t.nicModel(),
                            t.firmware(),
                            t.profile(),
                            t.requestedAt(),
                            t.endedAt(),
                            t.address(),
                            t.toRunning(),
                            t.toAnswer(),
                            t.transitions(),
                            t.probes(),
                            t.screenshotAt(),
                            t.problem(),
                            t.failedIn(),
                            kept));
        }
    }
}

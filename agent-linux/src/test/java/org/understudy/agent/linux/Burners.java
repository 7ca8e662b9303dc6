package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.understudy.agent.linux.bpf.Assembler;
import org.understudy.agent.linux.bpf.Bpf;
import org.understudy.agent.linux.bpf.Btf;
import org.understudy.agent.linux.bpf.KernelObject;

/** Programs of somebody else that cost time on every system call, task switch and block event. */
final class Burners implements AutoCloseable {

    private final List<KernelObject> objects = new ArrayList<>();
    private int programs;

    Burners() throws IOException {
        try (Btf btf = Btf.read(Path.of("/sys/kernel/btf/vmlinux"))) {
            load(btf);
        }
    }

    private void load(Btf btf) throws IOException {
        for (String event : List.of(
                "sys_enter",
                "sched_switch",
                "block_bio_queue",
                "block_rq_issue",
                "block_rq_complete",
                "block_bio_complete")) {
            int type = btf.tracepoint(event).orElseThrow().type();
            KernelObject program = Bpf.loadTracing("burner", type, burn());
            objects.add(program);
            objects.add(Bpf.attach(program));
            programs++;
        }
    }

    private static byte[] burn() {
        Assembler a = new Assembler();
        a.constant(Assembler.Register.R6, 0).label("turn").call(Assembler.Function.KTIME_GET_NS);
        a.compute(Assembler.Operation.ADD, Assembler.Register.R6, 1);
        a.jumpIf(Assembler.Register.R6, Assembler.Test.LESS, 60, "turn");
        a.constant(Assembler.Register.R0, 0).exit();
        return a.code();
    }

    int count() {
        return programs;
    }

    @Override
    public void close() {
        objects.forEach(KernelObject::close);
    }
}

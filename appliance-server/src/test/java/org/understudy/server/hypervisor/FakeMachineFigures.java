package org.understudy.server.hypervisor;

/** A machine that has what it is told to have. Thread-safe. */
public final class FakeMachineFigures implements MachineFigures {

    private volatile Figures figures;

    public FakeMachineFigures(int cpus, long memoryBytes, long availableBytes) {
        this.figures = new Figures(cpus, memoryBytes, availableBytes);
    }

    public void become(Figures other) {
        figures = other;
    }

    @Override
    public Figures now() {
        return figures;
    }
}

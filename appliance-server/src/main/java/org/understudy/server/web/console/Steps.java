package org.understudy.server.web.console;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.recovery.Takeover;
import org.understudy.webui.view.StepView;

/** The states of a run or takeover as a list to read from top to bottom. */
final class Steps {

    private Steps() {}

    static List<StepView> of(BackupRun run, Phrases phrases) {
        List<StepView> steps = new ArrayList<>();
        for (int i = 0; i < run.transitions().size(); i++) {
            BackupRun.Transition step = run.transitions().get(i);
            boolean last = i == run.transitions().size() - 1;
            boolean running = last && !run.state().isFinal();
            boolean failed = run.state() == BackupRun.State.FAILED
                    && (step.state() == BackupRun.State.FAILED
                            || i == run.transitions().size() - 2
                                    && run.failedIn().isPresent());
            steps.add(new StepView(
                    phrases.name("run.state", step.state()),
                    phrases.time(step.enteredAt()),
                    lasted(
                            running ? Duration.between(step.enteredAt(), phrases.now()) : step.lasted(),
                            step.state().isFinal(),
                            phrases),
                    step.note(),
                    status(running, failed)));
        }
        if (!run.state().isFinal()) {
            for (BackupRun.State ahead : BackupRun.State.values()) {
                if (ahead.ordinal() > run.state().ordinal() && ahead.ordinal() <= BackupRun.State.DONE.ordinal()) {
                    steps.add(new StepView(phrases.name("run.state", ahead), null, "", "", "ahead"));
                }
            }
        }
        return steps;
    }

    static List<StepView> of(Takeover takeover, Phrases phrases) {
        List<StepView> steps = new ArrayList<>();
        for (int i = 0; i < takeover.transitions().size(); i++) {
            Takeover.Transition step = takeover.transitions().get(i);
            boolean last = i == takeover.transitions().size() - 1;
            boolean running = last && !takeover.state().isFinal();
            boolean settled = step.state() == Takeover.State.RUNNING || step.state() == Takeover.State.STOPPED;
            boolean failed = takeover.state() == Takeover.State.FAILED
                    && (step.state() == Takeover.State.FAILED
                            || i == takeover.transitions().size() - 2
                                    && takeover.failedIn().isPresent());
            steps.add(new StepView(
                    phrases.name("takeover.state", step.state()),
                    phrases.time(step.enteredAt()),
                    lasted(
                            running ? Duration.between(step.enteredAt(), phrases.now()) : step.lasted(),
                            step.state().isFinal(),
                            phrases),
                    step.note(),
                    status(running && !settled, failed)));
        }
        if (takeover.state().ordinal() < Takeover.State.RUNNING.ordinal()) {
            for (Takeover.State ahead : Takeover.State.values()) {
                if (ahead.ordinal() > takeover.state().ordinal()
                        && ahead.ordinal() <= Takeover.State.RUNNING.ordinal()) {
                    steps.add(new StepView(phrases.name("takeover.state", ahead), null, "", "", "ahead"));
                }
            }
        }
        return steps;
    }

    private static String lasted(Duration duration, boolean end, Phrases phrases) {
        return end ? "" : phrases.duration(duration);
    }

    private static String status(boolean running, boolean failed) {
        if (failed) {
            return "failed";
        }
        return running ? "current" : "done";
    }
}

package org.understudy.webui.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One backup run. */
public record RunView(
        RunRow run,
        List<FactView> facts,
        List<FigureView> bytes,
        List<StepView> steps,
        @Nullable ProblemView problem,
        @Nullable LinkView point,
        boolean active) {}

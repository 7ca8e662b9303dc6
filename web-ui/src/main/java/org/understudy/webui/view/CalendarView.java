package org.understudy.webui.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Recovery points by day. */
public record CalendarView(List<String> weekdays, List<List<Day>> weeks) {

    /**
     * A day.
     *
     * @param points how many points were taken; 0: none
     * @param tone of the best point; null: no points
     * @param href shows the points of the day
     */
    public record Day(
            String date,
            String number,
            int points,
            @Nullable Tone tone,
            String title,
            String href,
            boolean selected,
            boolean ahead) {}
}

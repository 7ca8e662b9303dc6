package org.understudy.webui.view;

/** How a state is painted. The word in {@link #css} is a CSS class; each tone has a shape of its own besides its colour. */
public enum Tone {
    /** As it should be. */
    GOOD("good"),
    /** At work now. */
    BUSY("busy"),
    /** For the record. */
    PLAIN("plain"),
    /** Look at it today. */
    WARN("warn"),
    /** Protection is broken. */
    BAD("bad");

    private final String css;

    Tone(String css) {
        this.css = css;
    }

    public String css() {
        return css;
    }
}

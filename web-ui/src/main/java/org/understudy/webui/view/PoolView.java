package org.understudy.webui.view;

/** How full the pool is. */
public record PoolView(String kind, String used, String free, String total, long permille, Tone tone) {}

package org.understudy.server.protection;

/**
 * How many points to keep of each kind; a point is kept if any rule wants it. The newest point is always kept.
 *
 * @param last newest points
 * @param hourly newest point of each of the last n hours that have one; and so on
 */
public record RetentionRule(int last, int hourly, int daily, int weekly, int monthly, int yearly) {}

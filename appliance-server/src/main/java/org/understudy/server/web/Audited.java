package org.understudy.server.web;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Names the action of a handler in the audit log. Handlers without it are audited by method and path. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Audited {

    /** {@code <area>.<verb>}, as in {@code host.rename}. */
    String value();
}

package org.understudy.console;

import java.lang.reflect.Proxy;
import java.util.function.Supplier;

/** A port of which the console uses one method; every other call fails the test. */
final class OneAnswer {

    private OneAnswer() {}

    static <T> T of(Class<T> type, String method, Supplier<Object> answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, called, arguments) -> switch (called.getName()) {
                    case "toString" -> "one-answer " + type.getSimpleName();
                    case "hashCode" -> System.identityHashCode(proxy);
                    case "equals" -> arguments != null && proxy == arguments[0];
                    default -> {
                        if (!called.getName().equals(method)) {
                            throw new AssertionError("the console is not expected to call " + called);
                        }
                        yield answer.get();
                    }
                }));
    }
}

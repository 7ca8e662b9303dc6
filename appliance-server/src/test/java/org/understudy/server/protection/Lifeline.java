package org.understudy.server.protection;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The life of one process. Everything through which it can act on the world is reached through proxies of this class; after
 * {@link #kill} each of them throws, so that nothing the process still executes has any effect, as after kill -9.
 */
final class Lifeline {

    /** Where the process dies: at the n-th call of a method, before or after it took effect. */
    record Death(String call, int occurrence, boolean before) {
        @Override
        public String toString() {
            return (before ? "before " : "after ") + call + " #" + occurrence;
        }
    }

    /** Unwinds threads of the dead process. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1;

        Killed() {
            super("killed", null, false, false);
        }
    }

    private final Map<String, Integer> calls = new HashMap<>();
    private final List<Death> history = new ArrayList<>();
    private final @Nullable Death death;
    private final CompletableFuture<Void> died = new CompletableFuture<>();

    Lifeline(@Nullable Death death) {
        this.death = death;
    }

    void kill() {
        died.complete(null);
    }

    CompletableFuture<Void> died() {
        return died;
    }

    /** Calls so far, in order, as deaths before them. */
    synchronized List<Death> history() {
        return List.copyOf(history);
    }

    <T> T through(Class<T> type, T target) {
        String name = type.getSimpleName();
        Object proxy =
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    if (method.getDeclaringClass() == Object.class) {
                        return method.invoke(target, arguments);
                    }
                    checkAlive();
                    Death here = count(name + "." + method.getName());
                    if (here.equals(death)) {
                        kill();
                        throw new Killed();
                    }
                    Object result;
                    try {
                        method.setAccessible(true);
                        result = method.invoke(target, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                    if (new Death(here.call(), here.occurrence(), false).equals(death)) {
                        kill();
                    }
                    checkAlive();
                    return result;
                });
        return type.cast(proxy);
    }

    private void checkAlive() {
        if (died.isDone()) {
            throw new Killed();
        }
    }

    private synchronized Death count(String call) {
        Death here = new Death(call, calls.merge(call, 1, Integer::sum), true);
        history.add(here);
        return here;
    }
}

package org.understudy.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What was done is undone, all of it. */
class CleanupTest {

    private final List<String> undone = new CopyOnWriteArrayList<>();

    @Test
    void the_last_step_is_undone_first_and_a_failure_keeps_no_other_from_it() {
        Cleanup cleanup = new Cleanup();
        cleanup.register(() -> undone.add("first"));
        cleanup.register(() -> {
            throw new IllegalStateException("cannot be undone");
        });
        cleanup.register(() -> undone.add("third"));

        cleanup.close();

        assertThat(undone).containsExactly("third", "first");
    }

    @Test
    void who_comes_second_waits_until_the_first_has_undone_everything() throws InterruptedException {
        Cleanup cleanup = new Cleanup();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        cleanup.register(() -> {
            begun.countDown();
            goOn.await();
            undone.add("slow");
        });
        Thread first = new Thread(cleanup::close);
        first.start();
        begun.await();
        Thread second = new Thread(() -> {
            cleanup.close();
            undone.add("second is done");
        });
        second.start();
        while (second.getState() != Thread.State.BLOCKED) {
            Thread.onSpinWait();
        }

        goOn.countDown();
        first.join();
        second.join();

        assertThat(undone).containsExactly("slow", "second is done");
    }
}

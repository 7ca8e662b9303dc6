package org.understudy.agent.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.understudy.agent.control.RunPhase;

class IdleMemoryTest {

    @Test
    void memoryIsGivenBackSomeTimeAfterARunEnded() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        try (IdleMemory memory = new IdleMemory(Duration.ofMillis(1), released::countDown, () -> {}, () -> {})) {
            memory.reached(RunPhase.ENDED, "r", 0);
            assertThat(released.await(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    @Test
    void aRunThatBeginsKeepsItsMemory() throws Exception {
        AtomicInteger released = new AtomicInteger();
        CountDownLatch second = new CountDownLatch(1);
        try (IdleMemory memory = new IdleMemory(
                Duration.ofMillis(200),
                () -> {
                    released.incrementAndGet();
                    second.countDown();
                },
                () -> {},
                () -> {})) {
            memory.reached(RunPhase.ENDED, "r1", 0);
            memory.reached(RunPhase.BEGUN, "r2", 0);
            memory.reached(RunPhase.FROZEN, "r2", 0);
            memory.reached(RunPhase.ENDED, "r2", 0);
            assertThat(second.await(1, TimeUnit.MINUTES)).isTrue();
            assertThat(released).hasValue(1);
        }
    }

    @Test
    void whatRunsDoNotNeedIsGivenBackAlsoWhenTheyFollowEachOtherClosely() throws Exception {
        CountDownLatch tidied = new CountDownLatch(2);
        try (IdleMemory memory = new IdleMemory(Duration.ofMillis(10), () -> {}, tidied::countDown, () -> {})) {
            long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
            while (tidied.getCount() > 0 && System.nanoTime() - end < 0) {
                memory.reached(RunPhase.BEGUN, "r", 0);
                memory.reached(RunPhase.ENDED, "r", 0);
            }
            assertThat(tidied.getCount()).isZero();
        }
    }

    @Test
    void aLittleIsGivenBackAfterEachRun() throws Exception {
        CountDownLatch given = new CountDownLatch(3);
        try (IdleMemory memory = new IdleMemory(Duration.ofHours(1), () -> {}, () -> {}, given::countDown)) {
            for (int run = 0; run < 3; run++) {
                memory.reached(RunPhase.BEGUN, "r" + run, 0);
                memory.reached(RunPhase.ENDED, "r" + run, 0);
            }
            assertThat(given.await(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    @Test
    void nothingHappensAfterTheAgentIsClosed() {
        AtomicInteger released = new AtomicInteger();
        IdleMemory memory = new IdleMemory(
                Duration.ofNanos(1), released::incrementAndGet, released::incrementAndGet, released::incrementAndGet);
        memory.close();
        memory.reached(RunPhase.CONNECTED, null, 0);
        assertThat(released).hasValue(0);
    }
}

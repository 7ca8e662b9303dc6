package org.understudy.server.web.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.springframework.context.support.StaticMessageSource;
import org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter.DataWithMediaType;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import tools.jackson.databind.json.JsonMapper;

class LiveClientTest {

    private final SlowEmitter emitter = new SlowEmitter();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final LiveClient client = new LiveClient(
            emitter,
            new Phrases(Locale.ENGLISH, ZoneOffset.UTC, Clock.systemUTC(), new StaticMessageSource()),
            new JsonMapper(),
            () -> ended.set(true));

    @Test
    void onlyTheNewestProgressWaitsForAClientThatIsSlow() {
        client.start();
        emitter.awaitFirst();
        for (int i = 0; i < 10_000; i++) {
            client.offer(progress(i));
        }
        client.offer(LiveMessage.change("run", "runs"));
        emitter.goOn.countDown();

        await().until(() -> emitter.sent.stream().anyMatch(text -> text.contains("\"topics\":[\"runs\"]")));
        assertThat(emitter.sent)
                .filteredOn(text -> text.contains("permille"))
                .singleElement()
                .asString()
                .contains("9999");
        assertThat(ended).isFalse();
    }

    @Test
    void aClientThatDoesNotKeepUpIsCutOff() {
        client.start();
        emitter.awaitFirst();
        for (int i = 0; i <= LiveClient.MOST_WAITING; i++) {
            client.offer(LiveMessage.change("run", "run:" + i));
        }
        emitter.goOn.countDown();

        await().untilTrue(ended);
        assertThat(emitter.sent).noneMatch(text -> text.contains("run:"));
    }

    @Test
    void aClientThatWentAwayEndsQuietly() {
        emitter.broken = true;
        emitter.goOn.countDown();
        client.start();

        await().untilTrue(ended);
    }

    private static LiveMessage progress(int permille) {
        return new LiveMessage(
                "progress", List.of(), Optional.of("progress:1"), phrases -> Map.of("permille", permille));
    }

    /** Holds its first event until it may go on. */
    private static final class SlowEmitter extends SseEmitter {
        final List<String> sent = new CopyOnWriteArrayList<>();
        final CountDownLatch first = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        volatile boolean broken;

        void awaitFirst() {
            await().until(() -> first.getCount() == 0);
        }

        @Override
        public void send(SseEventBuilder builder) throws IOException {
            first.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (broken) {
                throw new IOException("Broken pipe");
            }
            StringBuilder text = new StringBuilder();
            for (DataWithMediaType part : builder.build()) {
                text.append(part.getData());
            }
            sent.add(text.toString());
        }
    }
}

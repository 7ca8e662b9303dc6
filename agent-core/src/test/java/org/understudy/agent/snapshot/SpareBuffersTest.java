package org.understudy.agent.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class SpareBuffersTest {

    private final SpareBuffers spare = new SpareBuffers(3000);

    @Test
    void aBufferThatWasGivenBackIsUsedAgainForTheSameSizeOnly() {
        ByteBuffer buffer = spare.take(1000);
        buffer.position(10).limit(20);
        spare.give(buffer);

        assertThat(spare.take(999)).isNotSameAs(buffer);
        assertThat(spare.take(1000))
                .isSameAs(buffer)
                .satisfies(again -> assertThat(again.remaining()).isEqualTo(1000));
        assertThat(spare.take(1000)).isNotSameAs(buffer);
    }

    @Test
    void noMoreIsKeptThanAllowed() {
        for (int i = 0; i < 5; i++) {
            spare.give(ByteBuffer.allocateDirect(1000));
        }
        assertThat(spare.bytes()).isEqualTo(3000);
        spare.drop();
        assertThat(spare.bytes()).isZero();
    }

    @Test
    void aBudgetGivesItsBuffersBackAndHasNothingLeftThen() throws Exception {
        HoldBudget budget = new HoldBudget(2000, spare);
        budget.allocate(1000);
        budget.scratch(500);
        assertThat(budget.taken()).isEqualTo(1000);

        budget.release();

        assertThat(spare.bytes()).isEqualTo(1500);
        assertThatThrownBy(() -> budget.allocate(1)).isInstanceOf(DiskHead.HoldOverflowException.class);
    }
}

package org.understudy.demo.bench.iscsi;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Two sides do the same in turns. The side that begins changes with each round, so that neither always meets what the other left in
 * caches, and slow moments of the machine hit both.
 */
final class Contest {

    /** A measured action of one side. */
    interface Round {
        Sample run() throws IOException;
    }

    private Contest() {}

    /** @param warmUps rounds of each side that do not count */
    static List<List<Sample>> run(int rounds, int warmUps, List<Round> sides) throws IOException {
        for (int i = 0; i < warmUps; i++) {
            for (Round side : sides) {
                side.run();
            }
        }
        List<List<Sample>> samples = new ArrayList<>();
        sides.forEach(side -> samples.add(new ArrayList<>()));
        for (int i = 0; i < rounds; i++) {
            for (int j = 0; j < sides.size(); j++) {
                int side = (i + j) % sides.size();
                samples.get(side).add(sides.get(side).run());
            }
        }
        return samples;
    }
}

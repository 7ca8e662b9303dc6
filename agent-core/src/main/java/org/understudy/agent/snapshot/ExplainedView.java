package org.understudy.agent.snapshot;

import java.util.List;

/** A view that says one more sentence with its outcome. Used by one thread. */
final class ExplainedView implements ConsistentView {

    private final ConsistentView view;
    private final String sentence;

    ExplainedView(ConsistentView view, String sentence) {
        this.view = view;
        this.sentence = sentence;
    }

    @Override
    public List<DiskExtents> extents() {
        return view.extents();
    }

    @Override
    public ViewOutcome deliver(ViewReceiver receiver) {
        return view.deliver(receiver).saying(sentence);
    }

    @Override
    public void commit(String point) {
        view.commit(point);
    }

    @Override
    public void close() {
        view.close();
    }
}

package org.understudy.iscsi.fuzz;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What the library logged as an error: a defect, for input of any kind is no error. */
final class DefectLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {

    private static final int MOST_KEPT = 50;

    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger("org.understudy.iscsi");

    static DefectLog watch() {
        DefectLog log = new DefectLog();
        log.start();
        log.logger.addAppender(log);
        // Refused peers are warnings and thousands of them.
        log.logger.setLevel(Level.ERROR);
        return log;
    }

    List<String> errors() {
        return errors;
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (event.getLevel().isGreaterOrEqual(Level.ERROR) && errors.size() < MOST_KEPT) {
            errors.add(event.getFormattedMessage());
        }
    }

    @Override
    public void close() {
        logger.detachAppender(this);
        logger.setLevel(null);
    }
}

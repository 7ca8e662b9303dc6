/** The one gate through which external programs are started: argv arrays, separate streams, stall watchdog, redaction. */
@NullMarked
package org.understudy.core.command;

import org.jspecify.annotations.NullMarked;

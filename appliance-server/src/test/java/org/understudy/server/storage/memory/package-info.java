/** The fake of the storage port for tests of every module; it passes the same contract as the real pools. */
@NullMarked
package org.understudy.server.storage.memory;

import org.jspecify.annotations.NullMarked;

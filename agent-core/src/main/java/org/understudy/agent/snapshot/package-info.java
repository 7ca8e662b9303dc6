/**
 * Where a consistent image of the host's disks comes from. A source decides which instant is imaged and how; what is sent is
 * decided by digests behind {@link org.understudy.agent.snapshot.DiskHead}.
 */
@NullMarked
package org.understudy.agent.snapshot;

import org.jspecify.annotations.NullMarked;

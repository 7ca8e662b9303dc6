/** What ZFS refuses, as types: recognised from anchored messages, each seen on a real pool. */
@NullMarked
package org.understudy.zfs.error;

import org.jspecify.annotations.NullMarked;

/** Names as ZFS takes them, checked once when they are made. Source: module/zcommon/zfs_namecheck.c. */
@NullMarked
package org.understudy.zfs.name;

import org.jspecify.annotations.NullMarked;

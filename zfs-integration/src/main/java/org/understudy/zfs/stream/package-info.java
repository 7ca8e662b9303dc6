/** Send streams: what is in one, without keeping its data. Source: include/sys/zfs_ioctl.h of OpenZFS. */
@NullMarked
package org.understudy.zfs.stream;

import org.jspecify.annotations.NullMarked;

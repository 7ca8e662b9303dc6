/** Where blocks live: the {@link org.understudy.iscsi.device.BlockDevice} port and its file, memory and read-only adapters. */
@NullMarked
package org.understudy.iscsi.device;

import org.jspecify.annotations.NullMarked;

/** OpenZFS by its command-line tools. {@code ZfsCommands} and {@code ZpoolCommands} know arguments, {@code ZfsParser} and {@code PoolStatusParser} output, {@code Datasets}, {@code Streams} and {@code Pools} what may be done. */
@NullMarked
package org.understudy.zfs;

import org.jspecify.annotations.NullMarked;

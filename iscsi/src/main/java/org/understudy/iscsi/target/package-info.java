/**
 * The target: {@link org.understudy.iscsi.target.IscsiTargetServer} listens, logs initiators in and serves logical units. Start
 * reading there; a connection is {@code Connection}, its commands are {@code Task}s, and a disk is a {@code LogicalUnit}.
 */
@NullMarked
package org.understudy.iscsi.target;

import org.jspecify.annotations.NullMarked;

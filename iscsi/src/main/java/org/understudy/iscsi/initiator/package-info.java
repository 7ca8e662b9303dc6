/**
 * The initiator: {@link org.understudy.iscsi.initiator.IscsiSession} logs in and gives {@link
 * org.understudy.iscsi.initiator.RemoteDisk}s with pipelined, back-pressured writes.
 */
@NullMarked
package org.understudy.iscsi.initiator;

import org.jspecify.annotations.NullMarked;

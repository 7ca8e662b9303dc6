/**
 * iSCSI (RFC 7143, error recovery level 0, one connection per session) as a library: a target, an initiator, and one PDU
 * layer below both. This package holds the failures that every caller may meet.
 */
@NullMarked
package org.understudy.iscsi;

import org.jspecify.annotations.NullMarked;

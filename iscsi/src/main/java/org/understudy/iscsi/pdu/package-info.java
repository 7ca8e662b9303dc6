/** Protocol data units (RFC 7143 chapter 11) as records, their codec, digests and buffers: one layer for target and initiator. */
@NullMarked
package org.understudy.iscsi.pdu;

import org.jspecify.annotations.NullMarked;

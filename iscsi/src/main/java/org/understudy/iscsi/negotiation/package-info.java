/** Login and text negotiation (RFC 7143 chapters 6, 12 and 13): keys, their rules and results, and CHAP. */
@NullMarked
package org.understudy.iscsi.negotiation;

import org.jspecify.annotations.NullMarked;

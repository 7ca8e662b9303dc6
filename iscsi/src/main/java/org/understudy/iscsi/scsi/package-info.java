/** The SCSI side, free of transport: sense data, command descriptor blocks, vital product data and mode pages (SPC-4, SBC-3). */
@NullMarked
package org.understudy.iscsi.scsi;

import org.jspecify.annotations.NullMarked;

/**
 * Which bytes of a disk are in use: boot loader areas, partition tables, and of each file system what its own allocation records
 * say. The first backup run sends exactly these. A file system that cannot be understood with certainty is read whole, with the
 * reason; a block in use is never left out.
 */
@NullMarked
package org.understudy.agent.usedspace;

import org.jspecify.annotations.NullMarked;

/**
 * What lies on a protected disk: partition tables (GPT and MBR), the file systems in partitions, and how the machine starts from
 * them. Every number read from a disk is checked before it is used, since a disk may be damaged or made to harm.
 */
@NullMarked
package org.understudy.agent.layout;

import org.jspecify.annotations.NullMarked;

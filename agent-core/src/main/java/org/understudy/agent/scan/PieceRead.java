package org.understudy.agent.scan;

import java.nio.ByteBuffer;

/**
 * A part of a disk and where it is read to.
 *
 * @param offset on the disk
 * @param target filled from its position to its limit
 */
public record PieceRead(long offset, ByteBuffer target) {}

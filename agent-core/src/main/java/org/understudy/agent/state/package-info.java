/**
 * The agent's state on disk: who it is, and the digests of its base. Everything is replaced atomically, so that an agent which
 * is killed at any instruction finds the old state or the new one.
 */
@NullMarked
package org.understudy.agent.state;

import org.jspecify.annotations.NullMarked;

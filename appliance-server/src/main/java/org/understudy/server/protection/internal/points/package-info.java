/** Recovery points: the index of the pool, manifests and properties in the pool, verification, and pruning. */
@NullMarked
package org.understudy.server.protection.internal.points;

import org.jspecify.annotations.NullMarked;

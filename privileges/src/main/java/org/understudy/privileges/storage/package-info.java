/** The storage verbs, the policy on them, and the port to ZFS. */
@NullMarked
package org.understudy.privileges.storage;

import org.jspecify.annotations.NullMarked;

/** Names that a caller of the daemon may give: each holds one narrow form, so none can be an option, a path, a list or a range. */
@NullMarked
package org.understudy.privileges.name;

import org.jspecify.annotations.NullMarked;

/** The log of all calls: appended before a call is carried out and after. */
@NullMarked
package org.understudy.privileges.log;

import org.jspecify.annotations.NullMarked;

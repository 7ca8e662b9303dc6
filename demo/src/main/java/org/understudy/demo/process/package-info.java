/** Server and agent as processes of their own, and the API as a client sees it. */
@NullMarked
package org.understudy.demo.process;

import org.jspecify.annotations.NullMarked;

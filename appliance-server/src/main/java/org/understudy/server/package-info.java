/** The control server: one Spring Modulith application, a module per package. */
@NullMarked
package org.understudy.server;

import org.jspecify.annotations.NullMarked;

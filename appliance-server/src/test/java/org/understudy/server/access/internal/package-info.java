@NullMarked
package org.understudy.server.access.internal;

import org.jspecify.annotations.NullMarked;

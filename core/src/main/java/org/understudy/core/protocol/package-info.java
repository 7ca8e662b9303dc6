/** The control protocol between appliance and agent: JSON text frames over a WebSocket inside mutual TLS. */
@NullMarked
package org.understudy.core.protocol;

import org.jspecify.annotations.NullMarked;

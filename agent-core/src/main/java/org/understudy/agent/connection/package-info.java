/**
 * The way to the appliance: one WebSocket for control, plain HTTPS requests for digest files, both inside mutual TLS 1.3. Nothing listens
 * on the protected host.
 */
@NullMarked
package org.understudy.agent.connection;

import org.jspecify.annotations.NullMarked;

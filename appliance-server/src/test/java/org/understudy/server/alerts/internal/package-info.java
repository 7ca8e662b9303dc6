@org.jspecify.annotations.NullMarked
package org.understudy.server.alerts.internal;

/**
 * The console: thin controllers that ask the modules' facades, makers of view models in the reader's language and the
 * appliance's zone, and the stream that keeps open pages up to date. Templates, styles and scripts live in web-ui.
 */
@NullMarked
package org.understudy.server.web.console;

import org.jspecify.annotations.NullMarked;

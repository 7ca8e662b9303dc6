/**
 * What the console's pages show: records of texts that are ready to be read, made by the server in the reader's language and
 * the appliance's time zone. Knows no other module, so that templates cannot reach past what was prepared for them.
 */
@NullMarked
package org.understudy.webui.view;

import org.jspecify.annotations.NullMarked;

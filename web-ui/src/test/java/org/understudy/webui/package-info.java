@NullMarked
package org.understudy.webui;

import org.jspecify.annotations.NullMarked;

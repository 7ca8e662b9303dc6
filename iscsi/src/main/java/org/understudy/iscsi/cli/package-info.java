/** The command line {@code understudy iscsi}: a target for files, copies to and from targets, discovery and inquiry. */
@NullMarked
package org.understudy.iscsi.cli;

import org.jspecify.annotations.NullMarked;

/**
 * Files of recovery points: opens a point, walks its file systems, hands out files and zips. See docs/design/files.md.
 */
@ApplicationModule(
        displayName = "files",
        allowedDependencies = {"kernel", "protection", "storage"})
@NullMarked
package org.understudy.server.files;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;

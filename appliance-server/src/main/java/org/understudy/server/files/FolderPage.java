package org.understudy.server.files;

import java.util.List;
import java.util.Optional;

/**
 * Some entries of a folder in order of their names.
 *
 * @param next the name after which the next page begins; empty: there is none
 */
public record FolderPage(List<FileEntry> entries, Optional<FileName> next) {

    public FolderPage {
        entries = List.copyOf(entries);
    }
}

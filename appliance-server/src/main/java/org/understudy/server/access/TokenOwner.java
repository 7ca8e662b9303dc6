package org.understudy.server.access;

import java.security.Principal;

/**
 * The user behind an API token.
 *
 * @param name the user's name
 * @param tokenId which of the user's tokens
 */
public record TokenOwner(String name, String tokenId) implements Principal {

    @Override
    public String getName() {
        return name;
    }
}

/**
 * The REST API {@code /api/v1}: thin controllers over the modules' facades, resources that are the API's contract, and problem
 * details for every failure.
 */
@NullMarked
package org.understudy.server.web.api;

import org.jspecify.annotations.NullMarked;

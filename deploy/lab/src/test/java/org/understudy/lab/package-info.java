/**
 * Runs the tests of one suite inside the lab machine. A suite is a JUnit tag; its classes have names that end in {@code Lab}, so
 * that no build runs them where the kernel lacks what they need.
 */
@NullMarked
package org.understudy.lab;

import org.jspecify.annotations.NullMarked;

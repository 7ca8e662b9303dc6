/** Benchmarks beside peers in the same run. Never part of the tests: their figures say something only on a quiet machine. */
@org.jspecify.annotations.NullMarked
package org.understudy.demo.bench;

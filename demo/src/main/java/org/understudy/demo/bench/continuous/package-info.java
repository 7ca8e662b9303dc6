/** Continuous protection of a database under load: what is lost at most, what it costs, and whether every point opens. */
@org.jspecify.annotations.NullMarked
package org.understudy.demo.bench.continuous;

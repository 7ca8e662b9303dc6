/** What protecting a live disk costs: increments beside other backup programs that read the same device. */
@org.jspecify.annotations.NullMarked
package org.understudy.demo.bench.agent;

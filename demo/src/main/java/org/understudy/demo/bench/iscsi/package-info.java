/** The iSCSI data path beside tgt and libiscsi. {@code docs/design/iscsi-bench.md} says what is measured and how. */
@org.jspecify.annotations.NullMarked
package org.understudy.demo.bench.iscsi;

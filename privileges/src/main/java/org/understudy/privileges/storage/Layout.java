package org.understudy.privileges.storage;

import org.understudy.privileges.name.CloneId;
import org.understudy.privileges.name.HostId;
import org.understudy.privileges.name.PointId;
import org.understudy.privileges.protocol.Request;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.PropertyName;
import org.understudy.zfs.name.SnapshotName;

/** Where things are below the one dataset that the daemon works in: {@code hosts/HOST/gN/diskN} and {@code clones/CLONE/diskN}. */
record Layout(DatasetName root) {

    /** On a host: which generation is the head. */
    static final PropertyName HEAD = new PropertyName("org.understudy:head");

    DatasetName hosts() {
        return root.child("hosts");
    }

    DatasetName clones() {
        return root.child("clones");
    }

    DatasetName host(HostId host) {
        return hosts().child(host.value());
    }

    DatasetName generation(HostId host, int generation) {
        return host(host).child(generationName(generation));
    }

    static String generationName(int generation) {
        return "g" + generation;
    }

    DatasetName volume(HostId host, int generation, int disk) {
        return generation(host, generation).child("disk" + disk);
    }

    DatasetName clone(CloneId clone) {
        return clones().child(clone.value());
    }

    SnapshotName point(Request.OfPoint request) {
        return point(request.host(), request.generation(), request.point());
    }

    private SnapshotName point(HostId host, int generation, PointId point) {
        return generation(host, generation).snapshot(point.value());
    }
}

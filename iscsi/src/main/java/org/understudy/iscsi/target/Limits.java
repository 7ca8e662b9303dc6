package org.understudy.iscsi.target;

import java.time.Duration;

/**
 * What peers may take from the server. Every length that a peer sends is checked against these before memory is taken.
 *
 * @param maxConnections open connections, logged in or not; further ones are closed at once
 * @param maxConnectionsPerAddress of those from one peer address
 * @param commandWindow commands that one session may have queued
 * @param maxDataSegmentBytes largest data segment accepted in full feature phase (MaxRecvDataSegmentLength)
 * @param maxBurstBytes MaxBurstLength and FirstBurstLength offered at most
 * @param connectionBufferBytes data buffers that one connection may hold; beyond that its commands wait
 * @param totalBufferBytes data buffers of the whole server; beyond that commands wait, then their connection is dropped
 * @param parallelCommands commands of one connection executed at the same time
 * @param loginTimeout from connect (TLS handshake included) to full feature phase
 * @param idlePing silence after which the target pings; a peer that does not answer within it again is dropped
 * @param stallTimeout longest time that a peer may leave a started transfer (in either direction) without progress
 */
public record Limits(
        int maxConnections,
        int maxConnectionsPerAddress,
        int commandWindow,
        int maxDataSegmentBytes,
        int maxBurstBytes,
        int connectionBufferBytes,
        long totalBufferBytes,
        int parallelCommands,
        Duration loginTimeout,
        Duration idlePing,
        Duration stallTimeout) {

    private static final int MIB = 1 << 20;

    public Limits {
        if (maxConnections < 1
                || maxConnectionsPerAddress < 1
                || commandWindow < 1
                || parallelCommands < 1
                || maxDataSegmentBytes < 8192
                || maxDataSegmentBytes > 4 * MIB
                || maxBurstBytes < 8192
                || maxBurstBytes > 4 * MIB
                || connectionBufferBytes < 2 * Math.max(maxBurstBytes, maxDataSegmentBytes)
                || totalBufferBytes < connectionBufferBytes) {
            throw new IllegalArgumentException("limits contradict each other or the protocol: counts at least 1, "
                    + "segments and bursts 8 KiB to 4 MiB, a connection's buffers at least two of them");
        }
    }

    /** 256 connections, window 128, 1 MiB segments and bursts, 16 MiB of buffers a connection, 256 MiB in all. */
    public static Limits defaults() {
        return new Limits(
                256,
                256,
                128,
                MIB,
                MIB,
                16 * MIB,
                256L * MIB,
                4,
                Duration.ofSeconds(15),
                Duration.ofSeconds(15),
                Duration.ofSeconds(30));
    }

    public Limits withTimeouts(Duration login, Duration ping, Duration stall) {
        return new Limits(
                maxConnections,
                maxConnectionsPerAddress,
                commandWindow,
                maxDataSegmentBytes,
                maxBurstBytes,
                connectionBufferBytes,
                totalBufferBytes,
                parallelCommands,
                login,
                ping,
                stall);
    }

    public Limits withMaxConnections(int total, int perAddress) {
        return new Limits(
                total,
                perAddress,
                commandWindow,
                maxDataSegmentBytes,
                maxBurstBytes,
                connectionBufferBytes,
                totalBufferBytes,
                parallelCommands,
                loginTimeout,
                idlePing,
                stallTimeout);
    }

    public Limits withTransferSizes(int dataSegmentBytes, int burstBytes) {
        return new Limits(
                maxConnections,
                maxConnectionsPerAddress,
                commandWindow,
                dataSegmentBytes,
                burstBytes,
                connectionBufferBytes,
                totalBufferBytes,
                parallelCommands,
                loginTimeout,
                idlePing,
                stallTimeout);
    }

    public Limits withBuffers(int perConnection, long total) {
        return new Limits(
                maxConnections,
                maxConnectionsPerAddress,
                commandWindow,
                maxDataSegmentBytes,
                maxBurstBytes,
                perConnection,
                total,
                parallelCommands,
                loginTimeout,
                idlePing,
                stallTimeout);
    }
}

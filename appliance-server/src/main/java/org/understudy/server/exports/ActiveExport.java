package org.understudy.server.exports;

/**
 * An export that initiators can use now.
 *
 * @param tlsPort port that agents are told to connect to
 * @param sessions sessions logged in
 * @param bytesWritten since the export began
 * @param bytesRead since the export began
 */
public record ActiveExport(String iqn, int tlsPort, int sessions, long bytesWritten, long bytesRead) {}

package org.understudy.agent.control;

/** The points of a run at which observers are told, in the order in which a good run passes them. */
public enum RunPhase {
    /** The control connection is welcomed; belongs to no run. */
    CONNECTED,
    /** The host is about to be described; belongs to no run. */
    DESCRIBING,
    /** The pre-script ended well; left out if there is none. */
    PRE_SCRIPT_DONE,
    /** The disks are open and the used space is known. */
    BEGUN,
    /** The iSCSI session stands. */
    LOGGED_IN,
    /** A pass over the disks begins, frozen or not. */
    PASS_STARTED,
    /** All file systems of the run are frozen. An observer must not write, log or start anything now. */
    FROZEN,
    /** All file systems are thawed again. */
    THAWED,
    /** Everything is written and answered. */
    SENT,
    /** The appliance confirmed that everything written is durable. */
    FLUSHED,
    /** The digest files are on the appliance. */
    DIGESTS_UPLOADED,
    /** The appliance is about to be told. */
    TRANSFER_FINISHED,
    /** The run is released. */
    ENDED
}

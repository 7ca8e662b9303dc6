-- Policies and runs live here; points are an index of the pool and can be rebuilt from it.

create table protection_policy (
    id                  uuid primary key,
    version             bigint       not null,
    name                varchar(100) not null,
    schedule_kind       varchar(16)  not null,
    interval_millis     bigint,
    cron                varchar(200),
    windows             text         not null,
    bandwidth           text         not null,
    keep_last           integer      not null,
    keep_hourly         integer      not null,
    keep_daily          integer      not null,
    keep_weekly         integer      not null,
    keep_monthly        integer      not null,
    keep_yearly         integer      not null,
    objective_millis    bigint       not null,
    zone                varchar(64)  not null,
    freeze_limit_millis bigint       not null,
    scripts             boolean      not null,
    verify_after_run    boolean      not null
);
create unique index protection_policy_name on protection_policy (lower(name));

create table backup_run (
    id              uuid primary key,
    version         bigint                   not null,
    host_id         uuid                     not null,
    triggered_by    varchar(16)              not null,
    state           varchar(16)              not null,
    first_run       boolean                  not null,
    attempt         integer                  not null,
    requested_at    timestamp with time zone not null,
    ended_at        timestamp with time zone,
    point_id        uuid,
    failed_in       varchar(16),
    problem_code    varchar(64),
    problem_values  text,
    problem_details text,
    disk_bytes      bigint                   not null,
    used_bytes      bigint                   not null,
    scanned_bytes   bigint                   not null,
    changed_bytes   bigint                   not null,
    sent_bytes      bigint                   not null
);
-- The rule "one run per host" is kept here, not only in memory.
create unique index backup_run_one_per_host on backup_run (host_id) where ended_at is null;
create index backup_run_by_host on backup_run (host_id, requested_at desc);
create index backup_run_by_time on backup_run (requested_at desc);

create table backup_run_transition (
    run_id       uuid                     not null references backup_run on delete cascade,
    position     integer                  not null,
    state        varchar(16)              not null,
    entered_at   timestamp with time zone not null,
    lasted_nanos bigint                   not null,
    note         text                     not null,
    primary key (run_id, position)
);

-- What is known of a host's head; no row: nothing, so it is rolled back before it is used.
create table head_state (
    host_id  uuid primary key,
    clean    boolean not null,
    point_id uuid
);

-- What the clock-driven part remembers per host.
create table host_protection (
    host_id      uuid primary key,
    missed_at    timestamp with time zone,
    skipped_at   timestamp with time zone,
    skip_reason  varchar(16),
    stale        boolean not null
);

create table recovery_point (
    id                  uuid primary key,
    version             bigint                   not null,
    host_id             uuid                     not null,
    run_id              uuid                     not null,
    taken_at            timestamp with time zone not null,
    state               varchar(16)              not null,
    state_since         timestamp with time zone,
    consistency         varchar(16)              not null,
    consistency_reason  text                     not null,
    pinned              boolean                  not null,
    locked_until        timestamp with time zone,
    changed_bytes       bigint                   not null,
    total_bytes         bigint                   not null,
    used_bytes          bigint                   not null,
    verify_started_at   timestamp with time zone,
    verify_ended_at     timestamp with time zone,
    verified_blocks     bigint                   not null,
    mismatch_count      bigint                   not null
);
create index recovery_point_by_host on recovery_point (host_id, taken_at desc);

create table recovery_point_disk (
    point_id      uuid         not null references recovery_point on delete cascade,
    position      integer      not null,
    disk_number   integer      not null,
    disk_key      varchar(128) not null,
    size_bytes    bigint       not null,
    used_bytes    bigint       not null,
    changed_bytes bigint       not null,
    primary key (point_id, position)
);

create table recovery_point_mismatch (
    point_id    uuid    not null references recovery_point on delete cascade,
    position    integer not null,
    disk_number integer not null,
    byte_offset bigint  not null,
    byte_length bigint  not null,
    primary key (point_id, position)
);

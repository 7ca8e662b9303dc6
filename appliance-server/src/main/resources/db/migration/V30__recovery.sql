-- Takeovers and drills (module recovery).
create table takeover (
    id                uuid primary key,
    version           integer     not null,
    host_id           uuid        not null,
    point_id          uuid        not null,
    mode              text        not null check (mode in ('TAKEOVER', 'DRILL')),
    state             text        not null check (state in
        ('REQUESTED', 'CLONING', 'PREPARING', 'BOOTING', 'RUNNING', 'STOPPED', 'DISCARDING', 'DONE', 'FAILED')),
    cpus              integer     not null check (cpus > 0),
    memory_bytes      bigint      not null check (memory_bytes > 0),
    disk_bus          text        not null,
    nic_model         text        not null,
    firmware          text        not null,
    profile           text        not null,
    requested_at      timestamptz not null,
    ended_at          timestamptz,
    address           text,
    to_running_micros bigint,
    to_answer_micros  bigint,
    screenshot_at     timestamptz,
    problem           jsonb,
    failed_in         text,
    kept              boolean     not null
);

create index takeover_newest on takeover (requested_at desc, id desc);
create index takeover_unfinished on takeover (requested_at, id) where state not in ('DONE', 'FAILED');

-- Two machines with a host's own addresses must never stand in one network.
create unique index takeover_one_per_host on takeover (host_id)
    where mode = 'TAKEOVER' and state not in ('DONE', 'FAILED');

create table takeover_transition (
    takeover_id   uuid        not null references takeover,
    position      integer     not null,
    state         text        not null,
    entered_at    timestamptz not null,
    lasted_micros bigint      not null,
    note          text        not null,
    primary key (takeover_id, position)
);

create table takeover_probe (
    takeover_id  uuid    not null references takeover,
    position     integer not null,
    port         integer not null,
    path         text,
    expect       text,
    passed       boolean,
    after_micros bigint,
    body_sha256  text,
    body_start   text,
    last_error   text,
    primary key (takeover_id, position)
);

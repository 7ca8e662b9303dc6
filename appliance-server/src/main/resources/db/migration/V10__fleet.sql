-- Protected hosts and how they join (module fleet).
create table fleet_host (
    id                 uuid        primary key,
    version            integer     not null,
    name               text        not null,
    machine_id         text,
    policy_id          uuid,
    facts              text,
    agent_version      text        not null,
    enrolled_at        timestamptz not null,
    last_seen          timestamptz,
    -- Serial number of the only certificate that is accepted, hexadecimal. Null after a rebuild from the pool: the first
    -- valid one is taken.
    certificate_serial text,
    retired            boolean     not null,
    -- False until the first disks were selected, by the first report or by a person.
    disks_chosen       boolean     not null
);

-- A machine is one host until that host is retired.
create unique index fleet_host_machine on fleet_host (machine_id) where not retired;

create table fleet_disk (
    host_id  uuid    not null references fleet_host (id),
    number   integer not null check (number between 0 and 255),
    disk_key text    not null,
    selected boolean not null,
    primary key (host_id, number),
    unique (host_id, disk_key)
);

create table fleet_token (
    id         uuid        primary key,
    version    integer     not null,
    -- SHA-256 of the token, hexadecimal: the token itself is never stored.
    token_hash text        not null unique,
    issued_at  timestamptz not null,
    expires_at timestamptz not null,
    issued_by  text        not null,
    used_at    timestamptz,
    used_by    uuid
);

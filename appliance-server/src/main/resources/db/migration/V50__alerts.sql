-- Events that people should know of (module alerts).
create table event_log (
    id           bigint generated always as identity primary key,
    at           timestamptz not null,
    severity     text        not null check (severity in ('INFO', 'NOTICE', 'WARNING', 'ALARM')),
    kind         text        not null,
    host_id      uuid,
    event_values jsonb       not null,
    problem      jsonb,
    acknowledged boolean     not null
);

create index event_log_newest on event_log (id desc);
create index event_log_of_host on event_log (host_id, id desc);
create index event_log_attention on event_log (id desc) where not acknowledged;

-- Users, API tokens, lock-out and the audit log.

create table access_user (
    name          varchar(64)  primary key,
    password_hash varchar(500) not null,
    created_at    timestamptz  not null
);

-- One row at most: the first administrator is made exactly once, whatever happens at the same time.
create table access_setup (
    once     boolean primary key default true check (once),
    done_at  timestamptz not null,
    done_by  varchar(64) not null
);

create table access_token (
    id           uuid         primary key,
    token_hash   bytea        not null unique,
    user_name    varchar(64)  not null references access_user (name) on delete cascade,
    name         varchar(100) not null,
    created_at   timestamptz  not null,
    expires_at   timestamptz  not null,
    last_used_at timestamptz
);

-- Failed log-ins by 'user:<name>' and 'address:<ip>'.
create table access_failure (
    subject        varchar(160) primary key,
    failures       integer      not null,
    last_failed_at timestamptz  not null,
    locked_until   timestamptz
);

create table audit_entry (
    id      bigint generated always as identity primary key,
    at      timestamptz   not null,
    who     varchar(64)   not null,
    address varchar(64)   not null,
    action  varchar(100)  not null,
    subject varchar(300)  not null,
    detail  varchar(2000) not null
);

create function audit_entry_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is append-only';
end
$$;

create trigger audit_entry_no_change before update or delete on audit_entry
    for each row execute function audit_entry_is_append_only();

create trigger audit_entry_no_truncate before truncate on audit_entry
    for each statement execute function audit_entry_is_append_only();

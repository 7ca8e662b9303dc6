-- Points that are seconds apart: all of the youngest, then one a minute. The history of runs is thinned by its age.

alter table protection_policy add column keep_everything_millis bigint not null default 0;
alter table protection_policy add column keep_minutely integer not null default 0;


create index backup_run_by_end on backup_run (ended_at);

-- Every event carries a MAC over itself and the one before, so that nobody without the key can rewrite the history.
alter table events add column pid integer;
alter table events add column mac blob;

-- Where the chain begins, and where it ends. Events up to the anchor are older than the chain, or were pruned.
create table audit (
    singleton integer primary key check (singleton = 1),
    anchor_sequence integer not null,
    anchor blob not null,
    head_sequence integer not null,
    head blob not null,
    tag blob not null
) strict;

create index events_credential on events (credential, sequence);

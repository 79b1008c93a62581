-- Which file this store is (files::identity): a copy of the file is another one. Null: taken from the file itself.
alter table store add column place text;

-- Seconds of the Unix epoch before which the provider does not want to be asked again (Retry-After).
alter table credentials add column retry_at integer;

-- What refreshes have shown of a server, for one client at one token endpoint.
create table habits (
    token_endpoint text not null,
    client_id text not null,
    rotates integer,                    -- 1: an answer brought another refresh token; 0: the old one stays
    replay text,                        -- a token that was sent again after a lost answer was 'taken' or 'refused'
    learnt_at integer not null,
    primary key (token_endpoint, client_id)
) strict, without rowid;

-- Keys that may lie in the keyring and seal nothing here: written down before they are made, erased after they are gone.
create table spare_keys (
    key_id text primary key,
    noted_at integer not null
) strict, without rowid;

-- Times are whole seconds of the Unix epoch. A `sealed` blob is made and opened by seal.rs only.

create table store (
    singleton integer primary key check (singleton = 1),
    id text not null,                   -- random; part of every seal, and of the keyring item's name
    key_id text,                        -- which master key seals the rows; null until the first is chosen
    key_source text,                    -- where it was chosen to live
    created_at integer not null
) strict;

create table clients (
    id text primary key,
    tenant text not null,
    provider text not null,
    client_id text not null,
    server text not null,               -- JSON: the authorization server it was registered with
    client_secret blob,                 -- sealed
    is_default integer not null default 0,
    generation integer not null,
    key_id text,                        -- null when there is no secret
    created_at integer not null,
    updated_at integer not null,
    unique (tenant, provider, client_id)
) strict;

create table credentials (
    id text primary key,
    tenant text not null,
    provider text not null,
    account text not null collate nocase,
    kind text not null,
    server text not null,               -- JSON: the row's own copy of every endpoint and host; part of the seal
    subject text,
    client_id text not null,
    requested text not null,
    scope text not null,
    token_type text not null,
    access_token blob,                  -- sealed
    refresh_token blob,                 -- sealed
    client_secret blob,                 -- sealed
    issued_at integer not null,
    expires_at integer,
    refresh_expires_at integer,
    is_default integer not null default 0,
    parameters text not null,           -- JSON object
    variables text not null,            -- JSON object
    metadata text not null,             -- JSON object
    reauth text,                        -- why a human is needed
    attempt text,                       -- JSON: a refresh that was begun and not yet ended
    generation integer not null,        -- +1 with every commit of tokens
    key_id text not null,
    created_by text not null,
    authorized_at integer not null,
    created_at integer not null,
    updated_at integer not null,
    last_refreshed_at integer,
    last_used_at integer,
    revoked_at integer,
    unique (tenant, provider, account)
) strict;

create unique index credentials_default on credentials (tenant, provider) where is_default = 1;

create table events (
    sequence integer primary key autoincrement,
    at integer not null,
    event text not null,
    credential text not null,
    tenant text not null,
    provider text not null,
    account text not null,
    program text not null,
    outcome text not null,              -- 'ok', or an error code
    detail text                         -- never a secret
) strict;

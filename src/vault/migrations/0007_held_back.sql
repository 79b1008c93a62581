-- Why the refresh token is not sent although it may be good: it was brought in from a backup, and the copy it came from
-- may have spent it. Null: there is no such doubt.
alter table credentials add column held text;

-- The master key under a passphrase, where that is the place it lives in (passphrase.rs).
alter table store add column wrapped_key blob;

-- The key that a credential's tokens are bound to (RFC 9449), sealed like the tokens.
alter table credentials add column proof_key blob;

-- What an authorization server said when it registered us (RFC 7591): JSON, and the token that changes or deletes the
-- registration (RFC 7592), sealed.
alter table clients add column registration text;
alter table clients add column registration_access_token blob;

-- Chosen by the user, to tell several registrations of one provider apart.
alter table clients add column name text not null default '';
update clients set name = case when is_default then 'default' else client_id end;
create unique index clients_name on clients (tenant, provider, name);

-- JSON object: the template variables it was made for.
alter table clients add column variables text not null default '{}';

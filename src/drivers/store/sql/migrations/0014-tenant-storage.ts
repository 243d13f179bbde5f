/**
 * What is agreed with a tenant about its files, and whose files those in a bucket are.
 *
 * - `retention` holds what differs from the server's: `class` of jobs that ask for none, `ephemeralHours`, `standardDays`, `masterDays`;
 *   what is not in it is the server's, so that the server may change it.
 * - `quota_bytes`: null is no limit.
 * - `installation` has one row: a name that no other database has, and a restored one has again.
 */
export const tenantStorage = `
alter table sluice.tenant
  add column retention json not null default '{}',
  add column quota_bytes bigint;

create table sluice.installation (id text primary key);
insert into sluice.installation values ('ins_' || replace(gen_random_uuid()::text, '-', ''));
`

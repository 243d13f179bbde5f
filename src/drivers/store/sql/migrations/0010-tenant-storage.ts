/**
 * What is agreed with a tenant about its files.
 *
 * - `retention` holds what differs from the server's: `class` of jobs that ask for none, `ephemeralHours`, `standardDays`, `masterDays`;
 *   what is not in it is the server's, so that the server may change it.
 * - `quota_bytes`: null is no limit.
 */
export const tenantStorage = `
alter table sluice.tenant
  add column retention json not null default '{}',
  add column quota_bytes bigint;
`

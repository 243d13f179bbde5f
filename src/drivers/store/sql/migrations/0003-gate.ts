/**
 * The gate.
 *
 * - A job keeps the version of its profile, by which it is judged to its end.
 * - A take that was ordered to mend another one says which, and why.
 * - `repair_record` is what was learned of repairs: how often one has mended a finding of a check.
 */
export const gate = `
update sluice.job set request = jsonb_set(request::jsonb, '{policy,profileVersion}', '1')::json;

alter table sluice.take add column cause json;

create table sluice.repair_record (
  check_id text not null,
  action text not null,
  tries bigint not null default 0 check (tries >= 0),
  mended bigint not null default 0 check (mended between 0 and tries),
  primary key (check_id, action)
);
`

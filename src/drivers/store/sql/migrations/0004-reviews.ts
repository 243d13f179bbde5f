/**
 * What is held until a person has decided.
 *
 * - A held job has not ended: the indexes of open jobs know it.
 * - `review_decision` is the audit. Rows are only ever added; a review's own row has what follows from them.
 */
export const reviews = `
create table sluice.review (
  id text collate "C" primary key,
  job_id text collate "C" not null references sluice.job on delete cascade,
  tenant_id text collate "C" not null,
  about text not null,
  take_id text collate "C",
  role text,
  shot integer,
  start_seconds double precision,
  use_from_seconds double precision not null,
  findings json not null,
  regenerable boolean not null,
  reviewers smallint not null,
  state text not null,
  created_at timestamptz not null,
  decided_at timestamptz
);
create index review_of_job on sluice.review (job_id, id);
create index review_of_tenant on sluice.review (tenant_id, id);
create index review_in_state on sluice.review (tenant_id, state, id);

create table sluice.review_decision (
  review_id text collate "C" not null references sluice.review on delete cascade,
  position integer not null,
  decision json not null,
  primary key (review_id, position)
);

drop index sluice.job_open;
create index job_open on sluice.job (tenant_id, id) where state in ('queued', 'running', 'held');
drop index sluice.job_deadline;
create index job_deadline on sluice.job (deadline_at) where state in ('queued', 'running', 'held') and deadline_at is not null;
`

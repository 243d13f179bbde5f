/**
 * What a person looks after.
 *
 * - `dead_letter` has a row for each piece of work that was given up from now on. It goes with what it is about.
 * - `step.lost` counts leases that ran out one after the other: whoever held it was gone each time.
 * - `provider_account` remembers when it last asked to slow down, and how its last call failed.
 */
export const operations = `
create table sluice.dead_letter (
  id text collate "C" primary key,
  tenant_id text collate "C" not null,
  job_id text collate "C" not null references sluice.job on delete cascade,
  kind text not null check (kind in ('job', 'step', 'delivery')),
  step_id text collate "C" references sluice.step on delete cascade,
  webhook_id text collate "C",
  delivery_id text collate "C",
  name text,
  error json not null,
  state text not null check (state in ('open', 'retried', 'dismissed')),
  retried_as text collate "C",
  at timestamptz not null,
  closed_at timestamptz,
  foreign key (webhook_id, delivery_id) references sluice.webhook_delivery (endpoint_id, id) on delete cascade,
  check ((kind = 'step') = (step_id is not null)),
  check ((kind = 'delivery') = (webhook_id is not null)),
  check ((state = 'open') = (closed_at is null))
);
create index dead_letter_open on sluice.dead_letter (tenant_id, id) where state = 'open';
create index dead_letter_of_job on sluice.dead_letter (job_id);
create index dead_letter_of_step on sluice.dead_letter (step_id) where step_id is not null;
create index dead_letter_of_delivery on sluice.dead_letter (webhook_id, delivery_id) where webhook_id is not null;

alter table sluice.step add column lost integer not null default 0;
create index step_lost on sluice.step (tenant_id, id) where lost > 1;
create index take_in_doubt on sluice.take (id) where state = 'submit_unknown';

alter table sluice.provider_account
  add column slowed_at timestamptz,
  add column failed_at timestamptz,
  add column failed_as text;
`

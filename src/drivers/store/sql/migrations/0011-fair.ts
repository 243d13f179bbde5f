/**
 * Fair turns among tenants.
 *
 * - A step carries its tenant, what it costs in seconds of a slot, and `rank_at`: when it came, with a head start for its priority.
 *   It stands where it stood when it is woken or tried again, so what is older goes first.
 * - `step_entry` holds the steps that begin a job, tenant by tenant in their order: ten thousand that wait are not in the way of
 *   the search for what is due in a lane.
 * - `turns` is how far each queue has come in giving turns, by the active scheduler; of the moment, like `lease`.
 */
export const fair = `
alter table sluice.step
  add column tenant_id text collate "C",
  add column cost_seconds real not null default 1,
  add column rank_at timestamptz;
update sluice.step set tenant_id = job.tenant_id, rank_at = step.created_at - step.priority * interval '0.6 seconds'
  from sluice.job where job.id = step.job_id;
alter table sluice.step alter column tenant_id set not null, alter column rank_at set not null, alter column cost_seconds drop default;

drop index sluice.step_hint;
create index step_hint on sluice.step (lane, hint_at) where hint_at is not null and not (name = 'analyse' and attempt = 0);
create index step_entry on sluice.step (tenant_id, rank_at, id) where name = 'analyse' and attempt = 0 and hint_at is not null;
create index job_running on sluice.job (tenant_id) where state = 'running';

alter table sluice.tenant
  add column weight real not null default 1,
  add column jobs_at_once integer;

create unlogged table sluice.turns (
  queue text primary key,
  state json not null
);
`

/**
 * How long assets stay.
 *
 * - `expires_at` and `masters_expire_at` are written when the job ends; null is never. `asset_sweep` holds what has still to be
 *   removed some day, by the day.
 * - `holds` is what was said of holds, `held` whether one is open.
 * - What is there already and was asked for as ephemeral stays for a day more, time enough to hold it.
 * - `stored_bytes` of what is there already leaves masters out: only the next ones are counted whole.
 */
export const retention = `
alter table sluice.asset
  add column retention text not null default 'standard',
  add column expires_at timestamptz,
  add column masters_expire_at timestamptz,
  add column holds json not null default '[]',
  add column held boolean not null default false,
  add column swept_at timestamptz,
  add column stored_bytes bigint not null default 0;

update sluice.asset set retention = coalesce(job.request #>> '{policy,retention}', 'standard'),
  expires_at = case when job.request #>> '{policy,retention}' = 'ephemeral' and job.settled_at is not null then now() + interval '1 day' end,
  stored_bytes = case when asset.state = 'ready' then
    coalesce((select sum(size_bytes) from sluice.asset_file where asset_id = asset.id), 0)
    + coalesce((select sum(size_bytes) from sluice.segment where asset_id = asset.id), 0) else 0 end
  from sluice.job where job.id = asset.job_id;
alter table sluice.asset alter column retention drop default;

create index asset_sweep on sluice.asset (least(expires_at, masters_expire_at))
  where swept_at is null and not held and least(expires_at, masters_expire_at) is not null;
create index asset_stored on sluice.asset (tenant_id, retention) include (stored_bytes) where stored_bytes > 0;
`

/**
 * Who judges, and what was judged.
 *
 * - `quality_profile` holds a tenant's own profiles of the gate. A version is never changed; a change is the next one.
 * - `judgement` holds the verdicts on an asset, apart from it: those it was made under, and those of later profiles that were held
 *   against it. The verdicts that stood in the asset move there.
 */
export const judgements = `
create table sluice.quality_profile (
  tenant_id text collate "C" not null references sluice.tenant on delete cascade,
  name text not null,
  version integer not null check (version > 0),
  body json not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, name, version)
);

create table sluice.judgement (
  asset_id text collate "C" not null references sluice.asset on delete cascade,
  profile text not null,
  version integer not null,
  verdicts jsonb not null,
  at timestamptz not null,
  primary key (asset_id, profile, version)
);

insert into sluice.judgement (asset_id, profile, version, verdicts, at)
  select asset.id, coalesce(job.request #>> '{policy,profile}', 'standard'), coalesce((job.request #>> '{policy,profileVersion}')::integer, 1),
    asset.verdicts::jsonb, asset.created_at
  from sluice.asset join sluice.job on job.id = asset.job_id where json_array_length(asset.verdicts) > 0;
alter table sluice.asset drop column verdicts;
`

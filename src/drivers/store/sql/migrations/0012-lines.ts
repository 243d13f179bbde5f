/**
 * Orders that wait for a place at a provider's account, so that places are shared among tenants. Of the moment, like `lease`: who is
 * not listed any more asks again and is.
 */
export const lines = `
create unlogged table sluice.account_line (
  take_id text collate "C" primary key,
  provider text not null,
  job_id text collate "C" not null,
  tenant_id text collate "C" not null,
  since timestamptz not null default now(),
  asked_at timestamptz not null default now()
);
create index account_line_order on sluice.account_line (provider, tenant_id, since);
create index account_line_of_job on sluice.account_line (job_id);
`

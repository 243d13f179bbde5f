/** The words and phrases a tenant does not want asked for, seen or heard: one row a tenant, its list as it was written. */
export const blockLists = `
create table sluice.block_list (
  tenant_id text collate "C" primary key references sluice.tenant on delete cascade,
  entries json not null,
  updated_at timestamptz not null
);
`

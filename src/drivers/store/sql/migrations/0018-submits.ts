/** `next_submit_at`: when a tenant whose submits a minute are bounded has caught up with those that came (GCRA's arrival time). */
export const submits = `
alter table sluice.tenant add column next_submit_at timestamptz not null default 'epoch';
`

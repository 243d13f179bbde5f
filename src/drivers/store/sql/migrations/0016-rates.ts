/** `next_order_at`: when an account whose orders a minute are bounded has caught up with those that went out (GCRA's arrival time). */
export const rates = `
alter table sluice.provider_account add column next_order_at timestamptz not null default 'epoch';
`

/**
 * Money and the accounts at providers.
 *
 * - Requests written before have no list of providers and no limits: they get the defaults.
 * - `ledger` has one row a take. `budget` holds the sums of a tenant, changed in the same transaction as its ledger rows;
 *   its row is the lock that makes "reserve if it still fits" one decision.
 * - `provider_account` is what all workers know of an account: until when it asked to be left alone.
 * - `webhook_hint` remembers messages, so that a doubled one is known and an early one is not lost.
 */
export const spend = `
update sluice.job set request = (
  request::jsonb
  || case when kind = 'presentation' then '{}'::jsonb else '{"providers": []}'::jsonb end
  || case when kind = 'video' then '{"imageUrl": null}'::jsonb else '{}'::jsonb end
  || jsonb_build_object('policy', (request::jsonb -> 'policy') || '{"maxCostMicroUsd": null, "onSubmitUnknown": "ask"}'::jsonb)
)::json;
update sluice.take set state_detail = (state_detail::jsonb || jsonb_build_object('orderedAt', to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))::json
  where state in ('ordering', 'submit_unknown');

create table sluice.budget (
  tenant_id text collate "C" primary key references sluice.tenant on delete cascade,
  limit_micro_usd bigint,
  reserved_micro_usd bigint not null default 0 check (reserved_micro_usd >= 0),
  spent_micro_usd bigint not null default 0 check (spent_micro_usd >= 0)
);

create table sluice.ledger (
  take_id text collate "C" primary key,
  job_id text collate "C" not null,
  tenant_id text collate "C" not null references sluice.tenant on delete cascade,
  provider text not null,
  model text,
  state text not null check (state in ('reserved', 'settled', 'released')),
  amount_micro_usd bigint not null check (amount_micro_usd >= 0),
  basis text not null,
  at timestamptz not null
);
create index ledger_of_tenant on sluice.ledger (tenant_id, at);
create index ledger_of_job on sluice.ledger (job_id);

create table sluice.provider_account (
  provider text primary key,
  not_before timestamptz not null default 'epoch',
  pause_ms integer not null default 0
);

create table sluice.webhook_hint (
  provider text not null,
  dedupe_key text not null,
  take_id text collate "C",
  ref json not null,
  at timestamptz not null default now(),
  primary key (provider, dedupe_key)
);
create index webhook_hint_of_take on sluice.webhook_hint (take_id) where take_id is not null;
create index webhook_hint_age on sluice.webhook_hint (at);

create index take_in_flight on sluice.take (provider) where state in ('ordering', 'submit_unknown', 'making');
create index take_remote on sluice.take (provider, (state_detail -> 'ref' ->> 'id')) where state in ('making', 'delivered');
`

/**
 * Webhooks going out.
 *
 * - `webhook_delivery` has no foreign key to its endpoint: each insert would share-lock the same row of a busy tenant. What
 *   is left of a removed endpoint is never sent, and forgotten with the rest.
 * - `next_at` is when it is sent next; while it is being sent, when its sender is taken for dead.
 */
export const webhooks = `
create table sluice.webhook_endpoint (
  id text collate "C" primary key,
  tenant_id text collate "C" not null references sluice.tenant on delete cascade,
  url text not null,
  events text[] not null,
  secret text not null,
  previous_secret text,
  previous_until timestamptz,
  state text not null check (state in ('enabled', 'disabled')),
  disabled_reason text,
  disabled_at timestamptz,
  failing_since timestamptz,
  created_at timestamptz not null,
  check ((previous_secret is null) = (previous_until is null)),
  check ((disabled_at is null) = (state = 'enabled')),
  check ((disabled_reason is null) = (state = 'enabled'))
);
create index webhook_endpoint_of_tenant on sluice.webhook_endpoint (tenant_id, id);

create table sluice.webhook_delivery (
  endpoint_id text collate "C" not null,
  id text collate "C" not null,
  job_id text collate "C" references sluice.job on delete cascade,
  event_id integer,
  type text not null,
  state text not null check (state in ('pending', 'delivered', 'failed')),
  attempts integer not null default 0,
  next_at timestamptz,
  last_status integer,
  last_error text,
  last_took_ms integer,
  first_attempt_at timestamptz,
  last_attempt_at timestamptz,
  created_at timestamptz not null,
  position bigint generated always as identity,
  primary key (endpoint_id, id),
  check ((job_id is null) = (event_id is null)),
  check ((next_at is null) = (state <> 'pending'))
) with (fillfactor = 70);
create index webhook_delivery_due on sluice.webhook_delivery (endpoint_id, next_at) where state = 'pending';
create index webhook_delivery_log on sluice.webhook_delivery (endpoint_id, position);
create index webhook_delivery_of_job on sluice.webhook_delivery (job_id, event_id);
create index webhook_delivery_age on sluice.webhook_delivery using brin (created_at);
`

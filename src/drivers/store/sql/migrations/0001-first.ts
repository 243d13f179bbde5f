/**
 * The first schema. Notes on what is not obvious:
 *
 * - Ids are compared byte by byte (`collate "C"`): their order is the order of their making, on any server.
 * - Nested values are `json`, not `jsonb`: they are kept as they were written (`jsonb` refuses U+0000 and lone surrogates,
 *   which users do send, and reorders keys), cost less to write, and nothing is ever searched inside them.
 * - `step.due_at` is the one time that matters in each state: `ready` when it may run, `parked` when it wakes, `running`
 *   when the lease ends, null at the end. `hint_at` is when the queue is next told of it: `due_at` at first, then again and
 *   again until someone claims it. Only `hint_at` is indexed, so a backlog that was hinted costs nothing to skip.
 * - `job.settled_at` is when an ended job was last saved. Running jobs leave it alone, so their many saves touch no index
 *   (heap-only updates, which the fill factor leaves room for).
 * - No foreign key to `tenant`: each insert would share-lock the same row of a busy tenant.
 */
export const first = `
create table sluice.tenant (
  id text collate "C" primary key,
  name text not null unique,
  created_at timestamptz not null default now()
);

create table sluice.api_key (
  id text collate "C" primary key,
  tenant_id text collate "C" not null references sluice.tenant,
  name text not null,
  hash text not null unique,
  created_at timestamptz not null
);

create table sluice.job (
  id text collate "C" primary key,
  tenant_id text collate "C" not null,
  kind text not null,
  state text not null,
  seq integer not null,
  retry_of text collate "C",
  asset_id text collate "C",
  progress double precision,
  notice text,
  request json not null,
  state_detail json not null,
  stages json not null,
  eta json,
  plan json,
  preview json,
  cost json not null,
  created_at timestamptz not null,
  deadline_at timestamptz,
  settled_at timestamptz
) with (fillfactor = 70);
create index job_of_tenant on sluice.job (tenant_id, id);
create index job_open on sluice.job (tenant_id, id) where state in ('queued', 'running');
create index job_queued on sluice.job (id) where state = 'queued';
create index job_deadline on sluice.job (deadline_at) where state in ('queued', 'running') and deadline_at is not null;
create index job_settled on sluice.job (tenant_id, settled_at) where settled_at is not null;

create table sluice.step (
  id text collate "C" primary key,
  job_id text collate "C" not null references sluice.job on delete cascade,
  name text not null,
  take_id text collate "C",
  work json not null,
  lane text not null,
  priority integer not null,
  attempt integer not null,
  failures integer not null,
  state text not null,
  due_at timestamptz,
  hint_at timestamptz,
  worker_id text,
  poked boolean not null default false,
  reason text,
  error json,
  created_at timestamptz not null,
  check ((due_at is null) = (state in ('done', 'failed', 'cancelled'))),
  check ((due_at is null) = (hint_at is null))
) with (fillfactor = 70);
create index step_of_job on sluice.step (job_id, id);
create index step_hint on sluice.step (hint_at) where hint_at is not null;

create table sluice.take (
  id text collate "C" primary key,
  job_id text collate "C" not null references sluice.job on delete cascade,
  key text not null,
  role text not null,
  shot integer,
  number integer not null,
  provider text not null,
  rank integer not null,
  state text not null,
  request json not null,
  state_detail json not null,
  created_at timestamptz not null
) with (fillfactor = 70);
create index take_of_job on sluice.take (job_id, id);

create table sluice.asset (
  id text collate "C" primary key,
  job_id text collate "C" not null references sluice.job on delete cascade,
  tenant_id text collate "C" not null,
  kind text not null,
  state text not null,
  title text not null,
  planned_duration_seconds double precision not null,
  duration_seconds double precision,
  width integer,
  height integer,
  fps double precision,
  released_seconds double precision not null,
  poster boolean not null,
  cues json not null,
  renditions json not null,
  verdicts json not null,
  state_detail json not null,
  created_at timestamptz not null
) with (fillfactor = 70);
create index asset_of_job on sluice.asset (job_id);
create index asset_ready on sluice.asset (tenant_id, id) where state = 'ready';

create table sluice.asset_file (
  asset_id text collate "C" not null references sluice.asset on delete cascade,
  name text not null,
  label text not null,
  object_key text not null,
  mime_type text not null,
  size_bytes bigint not null,
  sha256 text not null,
  position bigint generated always as identity,
  primary key (asset_id, name)
);

create table sluice.rung (
  asset_id text collate "C" not null references sluice.asset on delete cascade,
  name text not null,
  width integer,
  height integer,
  bandwidth bigint not null,
  codecs text not null,
  fps double precision,
  init json not null,
  position bigint generated always as identity,
  primary key (asset_id, name)
);

create table sluice.segment (
  asset_id text collate "C" not null references sluice.asset on delete cascade,
  rung text not null,
  index integer not null,
  start_seconds double precision not null,
  duration_seconds double precision not null,
  object_key text not null,
  size_bytes bigint not null,
  sha256 text not null,
  primary key (asset_id, index, rung)
);

create table sluice.event (
  job_id text collate "C" not null references sluice.job on delete cascade,
  id integer not null,
  at timestamptz not null,
  type text not null,
  data json not null,
  primary key (job_id, id)
);

create table sluice.duration_sample (
  id bigint generated always as identity primary key,
  bucket text collate "C" not null,
  stage text collate "C" not null,
  seconds double precision not null
);
create index duration_sample_of_stage on sluice.duration_sample (bucket, stage, id);

create table sluice.idempotency (
  tenant_id text collate "C" not null,
  key text not null,
  fingerprint text not null,
  job_id text collate "C" not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, key)
);
create index idempotency_age on sluice.idempotency (created_at);
`

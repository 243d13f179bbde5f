import type { ColumnType } from 'kysely'

/** A nested value: written as JSON text, read as parsed JSON (a Date is its ISO string there). */
type Json = ColumnType<unknown, string | null, string | null>
/** `bigint`, which the driver reads as text. */
type Big = ColumnType<string, number, number>

export interface JobTable {
  id: string
  tenant_id: string
  kind: string
  state: string
  seq: number
  retry_of: string | null
  asset_id: string | null
  progress: number | null
  notice: string | null
  request: Json
  state_detail: Json
  stages: Json
  eta: Json
  plan: Json
  preview: Json
  cost: Json
  trace: Json
  created_at: Date
  deadline_at: Date | null
  settled_at: Date | null
}

export interface StepTable {
  id: string
  job_id: string
  tenant_id: string
  name: string
  take_id: string | null
  work: Json
  lane: string
  priority: number
  attempt: number
  failures: number
  state: string
  due_at: Date | null
  hint_at: Date | null
  worker_id: string | null
  poked: boolean
  reason: string | null
  error: Json
  lost: ColumnType<number, never, never>
  cost_seconds: number
  rank_at: Date
  created_at: Date
}

export interface TakeTable {
  id: string
  job_id: string
  key: string
  role: string
  shot: number | null
  number: number
  provider: string
  rank: number
  state: string
  request: Json
  state_detail: Json
  cause: Json
  created_at: Date
}

export interface ReviewTable {
  id: string
  job_id: string
  tenant_id: string
  about: string
  take_id: string | null
  role: string | null
  shot: number | null
  start_seconds: number | null
  use_from_seconds: number
  findings: Json
  regenerable: boolean
  reviewers: number
  state: string
  created_at: Date
  decided_at: Date | null
}

export interface ReviewDecisionTable {
  review_id: string
  position: number
  decision: Json
}

export interface AssetTable {
  id: string
  job_id: string
  tenant_id: string
  kind: string
  state: string
  title: string
  planned_duration_seconds: number
  duration_seconds: number | null
  width: number | null
  height: number | null
  fps: number | null
  released_seconds: number
  poster: boolean
  cues: Json
  renditions: Json
  state_detail: Json
  retention: string
  expires_at: Date | null
  masters_expire_at: Date | null
  holds: Json
  held: boolean
  swept_at: Date | null
  stored_bytes: Big
  created_at: Date
}

export interface AssetFileTable {
  asset_id: string
  name: string
  label: string
  object_key: string
  mime_type: string
  size_bytes: Big
  sha256: string
  position: ColumnType<string, never, never>
}

export interface RungTable {
  asset_id: string
  name: string
  width: number | null
  height: number | null
  bandwidth: Big
  codecs: string
  fps: number | null
  init: Json
  position: ColumnType<string, never, never>
}

export interface SegmentTable {
  asset_id: string
  rung: string
  index: number
  start_seconds: number
  duration_seconds: number
  object_key: string
  size_bytes: Big
  sha256: string
}

export interface EventTable {
  job_id: string
  id: number
  at: Date
  type: string
  data: Json
}

export interface SampleTable {
  id: ColumnType<string, never, never>
  bucket: string
  stage: string
  seconds: number
}

export interface IdempotencyTable {
  tenant_id: string
  key: string
  fingerprint: string
  job_id: string
  created_at: ColumnType<Date, never, never>
}

export interface ApiKeyTable {
  id: string
  tenant_id: string
  name: string
  hash: string
  created_at: Date
}

export interface TenantTable {
  id: string
  name: string
  weight: ColumnType<number, never, number>
  jobs_at_once: ColumnType<number | null, never, number | null>
  created_at: ColumnType<Date, never, never>
}

export interface BudgetTable {
  tenant_id: string
  limit_micro_usd: ColumnType<string | null, number | null, number | null>
  reserved_micro_usd: Big
  spent_micro_usd: Big
}

export interface LedgerTable {
  take_id: string
  job_id: string
  tenant_id: string
  provider: string
  model: string | null
  state: string
  amount_micro_usd: Big
  basis: string
  at: Date
}

export interface RepairRecordTable {
  check_id: string
  action: string
  tries: Big
  mended: Big
}

export interface WebhookEndpointTable {
  id: string
  tenant_id: string
  url: string
  events: string[]
  secret: string
  previous_secret: string | null
  previous_until: Date | null
  state: string
  disabled_reason: string | null
  disabled_at: Date | null
  failing_since: Date | null
  created_at: Date
}

export interface WebhookDeliveryTable {
  endpoint_id: string
  id: string
  job_id: string | null
  event_id: number | null
  type: string
  state: string
  attempts: number
  next_at: Date | null
  last_status: number | null
  last_error: string | null
  last_took_ms: number | null
  first_attempt_at: Date | null
  last_attempt_at: Date | null
  created_at: Date
  position: ColumnType<string, never, never>
}

export interface DeadLetterTable {
  id: string
  tenant_id: string
  job_id: string
  kind: string
  step_id: string | null
  webhook_id: string | null
  delivery_id: string | null
  name: string | null
  error: Json
  state: string
  retried_as: string | null
  at: Date
  closed_at: Date | null
}

/** Everything lives in a schema of its own, so that Sluice can share a database. */
export interface Database {
  'sluice.tenant': TenantTable
  'sluice.api_key': ApiKeyTable
  'sluice.job': JobTable
  'sluice.step': StepTable
  'sluice.take': TakeTable
  'sluice.review': ReviewTable
  'sluice.review_decision': ReviewDecisionTable
  'sluice.asset': AssetTable
  'sluice.asset_file': AssetFileTable
  'sluice.rung': RungTable
  'sluice.segment': SegmentTable
  'sluice.event': EventTable
  'sluice.duration_sample': SampleTable
  'sluice.idempotency': IdempotencyTable
  'sluice.budget': BudgetTable
  'sluice.ledger': LedgerTable
  'sluice.repair_record': RepairRecordTable
  'sluice.webhook_endpoint': WebhookEndpointTable
  'sluice.webhook_delivery': WebhookDeliveryTable
  'sluice.dead_letter': DeadLetterTable
}

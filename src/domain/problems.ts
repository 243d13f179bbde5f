/** What the engine may do after a failure. `same`: the same step again, later. */
export type RetryAdvice = 'same' | 'reseed' | 'soften' | 'other_provider' | 'never'

interface Problem {
  /** HTTP status when the problem answers a request. */
  status: number
  /** Short, same for every occurrence (RFC 9457 `title`). */
  title: string
  retry: RetryAdvice
}

const problem = (status: number, title: string, retry: RetryAdvice = 'never'): Problem => ({ status, title, retry })

/**
 * Every problem a user can meet. Each code has a page `docs/errors/<code>.md`; a test compares the two lists.
 * Add a row only together with its page.
 */
export const problems = {
  // what the caller sent
  request_invalid: problem(400, 'The request is not valid'),
  body_too_large: problem(413, 'The request body is too large'),
  content_type_unsupported: problem(415, 'The content type is not supported'),
  options_contradict: problem(422, 'Two options contradict each other'),
  prompt_too_long: problem(422, 'The text is too long'),
  script_not_speakable: problem(422, 'The voice cannot speak this script'),
  provider_cannot: problem(422, 'The provider cannot make this'),
  idempotency_key_invalid: problem(400, 'The Idempotency-Key is not valid'),
  idempotency_key_reused: problem(409, 'The Idempotency-Key was used for a different request'),
  idempotency_in_progress: problem(409, 'A request with this Idempotency-Key is still being accepted', 'same'),
  // who is asking
  unauthorized: problem(401, 'An API key is needed'),
  origin_refused: problem(403, 'This server does not answer there'),
  rate_limited: problem(429, 'Too many requests', 'same'),
  queue_full: problem(429, 'Too many jobs wait already', 'same'),
  // what was asked for
  not_found: problem(404, 'Nothing is here'),
  method_not_allowed: problem(405, 'The method is not allowed here'),
  job_not_found: problem(404, 'There is no such job'),
  take_not_found: problem(404, 'The job has no such take'),
  take_not_in_doubt: problem(409, 'There is nothing to decide about this take'),
  profile_not_found: problem(404, 'There is no such quality profile'),
  review_not_found: problem(404, 'There is no such review'),
  review_already_decided: problem(409, 'The review has been decided already'),
  reviewer_same_person: problem(409, 'Another person must approve this'),
  decision_not_possible: problem(409, 'This cannot be decided that way'),
  asset_not_found: problem(404, 'There is no such asset'),
  asset_gone: problem(410, 'The asset is gone'),
  file_not_found: problem(404, 'The asset has no such file'),
  webhook_not_found: problem(404, 'There is no such webhook'),
  delivery_not_found: problem(404, 'The webhook has no such delivery'),
  dead_letter_not_found: problem(404, 'There is no such dead letter'),
  dead_letter_closed: problem(409, 'The dead letter is closed already'),
  webhook_disabled: problem(409, 'The webhook is disabled'),
  webhooks_too_many: problem(409, 'There are too many webhooks'),
  range_not_satisfiable: problem(416, 'The range is outside the file'),
  job_already_ended: problem(409, 'The job has already ended'),
  job_not_retryable: problem(409, 'The job cannot be retried'),
  // how a job ended
  input_refused: problem(422, 'The input was refused'),
  prompt_refused: problem(422, 'The prompt was refused by the guardrails'),
  output_refused: problem(422, 'The provider refused to deliver the output', 'soften'),
  quality_rejected: problem(422, 'The output did not pass its checks', 'reseed'),
  deadline_exceeded: problem(504, 'The deadline of the job has passed'),
  job_cancelled: problem(409, 'The job was cancelled'),
  take_lost: problem(502, 'The provider lost the work', 'reseed'),
  submit_unknown: problem(502, 'It is unknown whether the provider took the order'),
  budget_exceeded: problem(402, 'The budget does not allow it'),
  storage_quota_exceeded: problem(403, 'The storage quota is used up'),
  output_too_large: problem(502, 'The output is larger than allowed'),
  model_sunset: problem(410, 'The model is no longer offered', 'other_provider'),
  // how providers answer
  provider_key_invalid: problem(502, 'The provider does not accept our key', 'other_provider'),
  provider_billing: problem(502, 'The provider wants to be paid first', 'other_provider'),
  provider_failed: problem(502, 'The provider could not make it', 'reseed'),
  address_refused: problem(422, 'The address leads where Sluice does not go'),
  webhook_invalid: problem(401, 'The webhook cannot be believed'),
  // the parts Sluice stands on
  provider_unavailable: problem(503, 'The provider cannot be reached', 'same'),
  provider_throttled: problem(429, 'The provider asks to slow down', 'same'),
  media_unreadable: problem(422, 'The media file cannot be read', 'reseed'),
  media_tool_missing: problem(503, 'FFmpeg is missing or lacks a part'),
  media_tool_failed: problem(500, 'FFmpeg failed', 'same'),
  transcoder_unavailable: problem(503, 'The encoder elsewhere cannot be reached', 'same'),
  storage_full: problem(507, 'There is no space left for the files', 'same'),
  storage_unavailable: problem(503, 'The files cannot be reached', 'same'),
  store_unavailable: problem(503, 'The database cannot be reached', 'same'),
  data_folder_in_use: problem(503, 'The data folder is in use by another process'),
  config_invalid: problem(500, 'The configuration is not valid'),
  shutting_down: problem(503, 'The server is shutting down', 'same'),
  internal: problem(500, 'Something went wrong inside Sluice', 'same'),
} as const satisfies Record<string, Problem>

export type ProblemCode = keyof typeof problems

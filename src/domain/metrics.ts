interface Metric {
  /** What it is, in a sentence. Shown where it is read. */
  help: string
  labels: readonly string[]
}

interface Histogram extends Metric {
  /** Upper bounds, in the unit of the name. */
  buckets: readonly number[]
}

/** From a look into a table to a film made on this machine. */
const WORK_SECONDS = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800]
const CALL_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60]
const WAIT_SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1_800]

/*
 * Everything Sluice measures. Names carry their unit. The values of a label are few and our own words: names of lanes, steps, checks
 * and configured providers, and of the few tenants that store most, which are the operator's. Never an id, and nothing a user wrote.
 */

/** They only grow, in one process. */
export const counters = {
  sluice_jobs_ended_total: { help: 'Jobs that ended, by kind and by the state they ended in.', labels: ['kind', 'state'] },
  sluice_scheduler_looks_total: {
    help: 'How often due steps were looked for and sent to the queue. A scheduler that works looks at least once a second.',
    labels: ['outcome'],
  },
  sluice_verdicts_total: { help: 'Verdicts of the gate, by check. One that is unknown was not measured.', labels: ['check', 'verdict'] },
  sluice_repairs_total: { help: 'Findings that were mended or made anew, by what was chosen to mend them.', labels: ['action'] },
  sluice_spend_micro_usd_total: {
    help: 'Millionths of a US dollar that takes have cost: what providers told, their price lists, or what is assumed where nobody can tell.',
    labels: ['provider'],
  },
  sluice_eta_jobs_total: {
    help: 'Jobs that succeeded, by whether they ended within the time half of their like (p50) or nine in ten (p90) were forecast to take, or later. Well calibrated, half end within p50 and a tenth later than p90.',
    labels: ['basis', 'ended'],
  },
  sluice_events_written_total: { help: 'Events of jobs that were committed, beyond the first of each job.', labels: [] },
  sluice_events_sent_total: { help: 'Events written to readers of event streams, once for each reader.', labels: [] },
} as const satisfies Record<string, Metric>

export const histograms = {
  sluice_dispatch_seconds: {
    help: 'From the moment a step was due until a worker began it, by the clock of the database.',
    labels: ['lane'],
    buckets: WAIT_SECONDS,
  },
  sluice_step_seconds: {
    help: 'How long a run of a step took, its commit included, by what became of it: done, parked, retried, waiting (for an outage to end), failed, interrupted, lost (its lease), unwritten (the database took nothing).',
    labels: ['step', 'outcome'],
    buckets: WORK_SECONDS,
  },
  sluice_provider_call_seconds: {
    help: 'Calls to providers until they answered; a fetch until its bytes begin. Outcome: answered, or the class of the failure.',
    labels: ['provider', 'operation', 'outcome'],
    buckets: CALL_SECONDS,
  },
  sluice_webhook_delivery_seconds: {
    help: 'Attempts to deliver a webhook, by what became of it: delivered, retrying, failed (given up).',
    labels: ['outcome'],
    buckets: CALL_SECONDS,
  },
  sluice_event_delay_seconds: {
    help: 'From the commit of an event until it was written to the streams that wait for it.',
    labels: [],
    buckets: WAIT_SECONDS,
  },
  sluice_eta_ratio: {
    help: 'Time a job took over the time half of its like were forecast to take: 1 is right, 2 is twice as long.',
    labels: ['basis'],
    buckets: [0.25, 0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5],
  },
} as const satisfies Record<string, Histogram>

/** Read when somebody looks. */
export const gauges = {
  sluice_build_info: { help: 'Always 1; the version is its label.', labels: ['version'] },
  sluice_store_up: { help: 'Whether the database answered: 1 or 0. What is read from it is absent while it does not.', labels: [] },
  sluice_queue_depth_steps: {
    help: 'Steps that are due and that no worker has begun, in all of the house; counted up to 10,000 a lane.',
    labels: ['lane'],
  },
  sluice_queue_oldest_age_seconds: { help: 'How long the oldest of them has been due; 0 when there is none.', labels: ['lane'] },
  sluice_orders_in_flight: { help: 'Orders at providers that have not ended, in all of the house.', labels: ['provider'] },
  sluice_orders_in_doubt: {
    help: 'Orders of which nobody knows whether the provider has taken them, in all of the house. They are looked for, then somebody is asked.',
    labels: ['provider'],
  },
  sluice_dead_letters_open: {
    help: 'Work that was given up and waits for a person, in all of the house; counted up to 10,000.',
    labels: ['kind'],
  },
  sluice_steps_running: { help: 'Steps this process has in hand.', labels: ['lane'] },
  sluice_event_streams_open: { help: 'Event streams open in this process.', labels: [] },
  sluice_stored_bytes: {
    help: 'Bytes of assets and masters, in all of the house, of 20 tenants, those with a quota first, then those that store most; of all others together as tenant `*`.',
    labels: ['tenant'],
  },
  sluice_storage_quota_bytes: { help: 'Bytes those of them with a quota may store before jobs of theirs are refused.', labels: ['tenant'] },
  sluice_storage_free_bytes: { help: 'Bytes that can still be written to the disk of the data folder.', labels: [] },
  sluice_storage_used_bytes: { help: 'Bytes taken on the disk of the data folder, by whomever.', labels: [] },
} as const satisfies Record<string, Metric>

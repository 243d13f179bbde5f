import { isFinal } from '../../src/domain/job.ts'
import type { RunningLab } from '../../src/lab/create-lab.ts'
import type { JobView } from '../../src/wire/jobs.ts'
import type { TakeView } from '../../src/wire/spend.ts'
import type { Api } from './api.ts'

/** The orders the lab took for a job, oldest first, found by the words of its prompt, which no other job has. */
export function worksOf(lab: RunningLab, prompt: string): { id: string; vendor: string; chargedMicroUsd: number }[] {
  const works = lab.works.all().filter((work) => work.prompt === prompt)
  works.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
  return works.map(({ id, vendor }) => ({ id, vendor, chargedMicroUsd: lab.book.of(id) }))
}

/** Looks every order in doubt up at the vendor, as an operator does, and says what is there. Returns how many were decided. */
export async function decideOrders(api: Api, accepted: ReadonlySet<string>, lab: RunningLab): Promise<number> {
  let decided = 0
  for (const id of accepted) {
    const job = await api.get<JobView>(`/v1/jobs/${id}`)
    if (isFinal(job.state) || !/cannot be asked/.test(job.notice ?? '')) continue
    const { takes } = await api.get<{ takes: TakeView[] }>(`/v1/jobs/${id}/takes`)
    for (const take of takes.filter(({ decision }) => decision !== null)) {
      const works = worksOf(lab, String(job.request['prompt']))
      // The vendor's page shows the orders in their order; those of earlier takes that were charged are known.
      const known = takes.filter(
        ({ id: other, provider, cost }) => other !== take.id && provider === take.provider && cost?.state === 'settled',
      ).length
      const work = works[known]
      const adopt = work && take.decision?.choices.includes('adopt')
      const decision = adopt ? { decision: 'adopt', remoteId: work.id } : { decision: work ? 'give-up' : 'not-taken' }
      if (await api.post(`/v1/jobs/${id}/takes/${take.id}/decision`, decision)) decided++
    }
  }
  return decided
}

/**
 * Tries to pay twice, and to lose what was paid for.
 *
 *   npm run chaos:spend                                 100,000 simulated takes and 300 real kills
 *   npm run chaos:spend -- --takes 5000 --kills 0
 *   npm run chaos:spend -- --takes 5000 --kills 0 --without-reconcile     must be found out
 */
import { parseArgs } from 'node:util'
import { killRounds } from './kills.ts'
import { simulate } from './simulate.ts'

const { values } = parseArgs({
  options: {
    takes: { type: 'string', default: '100000' },
    kills: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    'without-reconcile': { type: 'boolean', default: false },
  },
})

let good = true

const takes = Number(values.takes)
if (takes > 0) {
  const begun = performance.now()
  const found = await simulate({ takes, seed: Number(values.seed), withoutReconcile: values['without-reconcile'] })
  const seconds = Math.round((performance.now() - begun) / 1000)
  say(
    `${found.takes} takes of ${found.jobs} jobs in ${seconds} s; the process died ${found.crashes} times, at ${found.crashPlaces} different places`,
  )
  say(
    `${found.inDoubt} orders were in doubt; ${found.decided} had to be looked up by somebody; ${found.assumed} count as spent because nobody could tell`,
  )
  say(`charged twice ${found.chargedTwice}, paid outputs lost ${found.paidOutputsLost}, stuck ${found.stuck}`)
  say(
    `the vendors took ${found.vendorMicroUsd} micro-USD, the ledger has ${found.ledgerMicroUsd}; still set aside ${found.budgetLeftReserved}`,
  )
  const faults = found.chargedTwice + found.paidOutputsLost + found.stuck + found.budgetLeftReserved
  const sound = faults === 0 && found.vendorMicroUsd === found.ledgerMicroUsd && found.crashes > 0
  say(sound ? 'no take was charged twice, nothing that was paid is lost, the books agree' : 'FAULT')
  good &&= sound
}

const kills = Number(values.kills)
if (kills > 0) {
  const rounds = await killRounds({ kills, seed: Number(values.seed), say })
  say(`${rounds.kills} kills; ${rounds.jobs} jobs with ${rounds.takes} takes; ${rounds.decided} orders had to be looked up`)
  say(`charged twice ${rounds.chargedTwice}, paid outputs lost ${rounds.paidOutputsLost}, stuck ${rounds.faults.length}`)
  say(`the lab took ${rounds.labMicroUsd} micro-USD, the ledger has ${rounds.ledgerMicroUsd}`)
  for (const fault of rounds.faults) say(`FAULT ${fault}`)
  const agreed = rounds.chargedTwice + rounds.paidOutputsLost + rounds.faults.length === 0 && rounds.labMicroUsd === rounds.ledgerMicroUsd
  say(agreed ? 'the same with a real server, killed' : 'FAULT')
  good &&= agreed
}
process.exitCode = good ? 0 : 1

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

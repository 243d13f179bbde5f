import type { AssetView, JobView } from 'sluice/client'
import { money } from '../format/figures.ts'
import { clock, moment } from '../format/time.ts'

/** What was ordered and what it costs, on one line. */
export function Facts({ snapshot, asset }: { snapshot: JobView; asset: AssetView | null }) {
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-2">
      {factsOf(snapshot, asset).map(({ name, value }) => (
        <div key={name}>
          <dt className="eyebrow">{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function factsOf({ cost, request, playback, endedAt }: JobView, asset: AssetView | null): { name: string; value: string }[] {
  const ended = endedAt !== null
  const seconds = asset?.durationSeconds ?? playback?.plannedDurationSeconds ?? null
  const picture = pictureOf(request)
  return [
    { name: ended ? 'Cost' : 'Price', value: costOf(cost, ended) },
    ...(seconds === null ? [] : [{ name: 'Length', value: clock(seconds) }]),
    ...(picture === null ? [] : [{ name: 'Picture', value: picture }]),
    ...(typeof request['seed'] === 'number' ? [{ name: 'Seed', value: String(request['seed']) }] : []),
    ...(asset === null ? [] : [{ name: 'Kept', value: keptOf(asset) }]),
  ]
}

function keptOf({ hold, expiresAt }: AssetView): string {
  if (hold) return hold.note === '' ? 'Held' : `Held: ${hold.note}`
  return expiresAt === null ? 'For ever' : `Until ${moment(expiresAt)}`
}

function costOf({ estimateMicroUsd, actualMicroUsd }: JobView['cost'], ended: boolean): string {
  if (!ended) return actualMicroUsd > 0 ? `${money(actualMicroUsd)} of about ${money(estimateMicroUsd)}` : money(estimateMicroUsd)
  return actualMicroUsd === estimateMicroUsd ? money(actualMicroUsd) : `${money(actualMicroUsd)} (${money(estimateMicroUsd)} quoted)`
}

function pictureOf(request: JobView['request']): string | null {
  const { size, width, height, fps } = request
  const shape =
    typeof size === 'string'
      ? size.replace('x', ' x ')
      : typeof width === 'number' && typeof height === 'number'
        ? `${width} x ${height}`
        : null
  return shape === null ? null : typeof fps === 'number' ? `${shape}, ${fps} fps` : shape
}

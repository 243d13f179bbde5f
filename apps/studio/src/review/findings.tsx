import { measured } from '../format/figures.ts'
import { timecode } from '../format/time.ts'
import { type Finding, findingName } from './review-words.ts'

interface FindingsProps {
  findings: Finding[]
  current: Finding | null
  /** Whether there is anything to go to. */
  playable: boolean
  onGo(finding: Finding): void
}

/** What was found, in the order it is met, each with the figure and its limit. */
export function Findings({ findings, current, playable, onGo }: FindingsProps) {
  return (
    <ol aria-label="Findings" className="divide-y divide-line border-y border-line">
      {findings.map((finding) => (
        <li
          key={`${findingName(finding)} ${finding.detail}`}
          aria-current={finding === current}
          className="border-l-4 border-l-transparent py-2 pl-3 aria-[current=true]:border-l-danger"
        >
          <div className="flex flex-wrap items-baseline justify-between gap-x-4">
            {playable && finding.inMedia ? (
              <button
                type="button"
                onClick={() => onGo(finding)}
                className="min-h-6 rounded-sm text-left font-medium text-accent underline underline-offset-4"
              >
                {findingName(finding)}
              </button>
            ) : (
              <span className="font-medium">{findingName(finding)}</span>
            )}
            <span>
              {measured(finding.value, finding.unit)}
              {finding.threshold !== null && <span className="text-muted"> (limit {measured(finding.threshold, finding.unit)})</span>}
            </span>
          </div>
          <p className="text-sm text-muted">
            {finding.detail}
            {finding.onTimeline && ` On the timeline at ${timecode(finding.onTimeline.startSeconds)}.`}
          </p>
        </li>
      ))}
    </ol>
  )
}

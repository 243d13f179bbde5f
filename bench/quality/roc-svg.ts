import { areaUnder, rocOf, tallyOf } from './roc.ts'
import type { CheckScore } from './score.ts'

const SIDE = 260
const LEFT = 52
const TOP = 60
const WIDTH = LEFT + SIDE + 20
const HEIGHT = TOP + SIDE + 46

/** The curve of a check over all thresholds, with the shipped one as a dot. */
export function rocSvg(score: CheckScore): string {
  const curve = rocOf(score)
  const area = areaUnder(curve)
  const { faulty, clean, caught, falseAlarms } = tallyOf(score.points)
  const x = (share: number) => (LEFT + share * SIDE).toFixed(1)
  const y = (share: number) => (TOP + (1 - share) * SIDE).toFixed(1)
  const shares = [0, 0.25, 0.5, 0.75, 1]
  const grid = shares.map(
    (share) =>
      `<path d="M${x(share)} ${TOP}V${TOP + SIDE}M${LEFT} ${y(share)}H${LEFT + SIDE}" stroke="#dfe3ea"/>` +
      `<text x="${x(share)}" y="${TOP + SIDE + 16}" text-anchor="middle">${share * 100}</text>` +
      `<text x="${LEFT - 8}" y="${Number(y(share)) + 4}" text-anchor="end">${share * 100}</text>`,
  )
  const line = curve.map(({ falseAlarms: false_, caught: found }) => `${x(false_)},${y(found)}`).join(' ')
  const shipped = clean > 0 && faulty > 0
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="Inter, system-ui, sans-serif" font-size="11" fill="#5b6472">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="20" font-size="15" font-weight="600" fill="#1b2330">${score.check}</text>
<text x="${LEFT}" y="36">${faulty} with the fault, ${clean} without; AUC ${area === null ? '-' : area.toFixed(3)}</text>
<text x="${LEFT}" y="50">dot: as shipped, ${score.faultIs} ${score.threshold} ${score.unit}</text>
${grid.join('\n')}
<path d="M${x(0)} ${y(0)}L${x(1)} ${y(1)}" stroke="#c3cad6" stroke-dasharray="4 4"/>
<polyline points="${line}" fill="none" stroke="#2f6fed" stroke-width="2.5" stroke-linejoin="round"/>
${shipped ? `<circle cx="${x(falseAlarms.length / clean)}" cy="${y(caught / faulty)}" r="5" fill="#e5484d" stroke="#fff" stroke-width="1.5"/>` : ''}
<text x="${LEFT + SIDE / 2}" y="${TOP + SIDE + 36}" text-anchor="middle">false alarms, %</text>
<text transform="translate(16 ${TOP + SIDE / 2}) rotate(-90)" text-anchor="middle">caught, %</text>
</svg>
`
}

const WIDTH = 640
const HEIGHT = 300
const LEFT = 64
const RIGHT = 20
const TOP = 64
const BOTTOM = 48

/** How long a job waited that found so many of another tenant `waiting`: how many of them began `before` it. */
export interface Delay {
  waiting: number
  before: number
  seconds: number
}

/** Each try as a dot over how many waited, with the stated bound as a line. */
export function fairnessSvg(delays: readonly Delay[], bound: number): string {
  const most = Math.max(...delays.map(({ waiting }) => waiting))
  const top = Math.ceil((bound * 1.25) / 4) * 4
  const x = (waiting: number) => (LEFT + (waiting / most) * (WIDTH - LEFT - RIGHT)).toFixed(1)
  const y = (before: number) => (TOP + (1 - Math.min(before, top) / top) * (HEIGHT - TOP - BOTTOM)).toFixed(1)
  const steps = [0, 0.25, 0.5, 0.75, 1]
  const grid = steps.map(
    (share) =>
      `<path d="M${LEFT} ${y(share * top)}H${WIDTH - RIGHT}" stroke="#dfe3ea"/>` +
      `<text x="${LEFT - 8}" y="${Number(y(share * top)) + 4}" text-anchor="end">${(share * top).toFixed(0)}</text>` +
      `<text x="${x(share * most)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${Math.round(share * most).toLocaleString('en')}</text>`,
  )
  const dots = delays.map(
    ({ waiting, before }) => `<circle cx="${x(waiting)}" cy="${y(before)}" r="3.5" fill="#2f6fed" fill-opacity="0.75"/>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="Inter, system-ui, sans-serif" font-size="11" fill="#5b6472">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="22" font-size="15" font-weight="600" fill="#1b2330">A single job beside the crowd of another tenant</text>
<text x="${LEFT}" y="40">jobs of the other tenant that begin before it, by how many wait</text>
${grid.join('\n')}
<path d="M${LEFT} ${y(bound)}H${WIDTH - RIGHT}" stroke="#e5484d" stroke-width="1.5" stroke-dasharray="6 4"/>
<text x="${WIDTH - RIGHT}" y="${Number(y(bound)) - 6}" text-anchor="end" fill="#e5484d">stated bound</text>
${dots.join('\n')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">jobs of the other tenant that wait</text>
</svg>
`
}

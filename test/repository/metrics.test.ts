import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { counters, gauges, histograms } from '../../src/domain/metrics.ts'
import { promtool, whyNoPromtool } from '../helpers/promtool.ts'

const ALERTS = 'deploy/prometheus/alerts.yml'
const ALERT_TESTS = 'deploy/prometheus/alerts.test.yml'
const DASHBOARD = 'deploy/grafana/sluice.json'

interface Dashboard {
  panels: { title: string; description?: string; targets?: { expr: string }[] }[]
}

/** Every name a query may have, with its labels: a histogram has three. */
const known = new Map<string, readonly string[]>([
  ...Object.entries({ ...counters, ...gauges }).map(([name, { labels }]): [string, readonly string[]] => [name, labels]),
  ...Object.entries(histograms).flatMap(([name, { labels }]): [string, readonly string[]][] => [
    [`${name}_bucket`, [...labels, 'le']],
    [`${name}_count`, labels],
    [`${name}_sum`, labels],
  ]),
])
/** What Prometheus adds to everything it reads. */
const ADDED = ['instance', 'job']

test.each([ALERTS, ALERT_TESTS, DASHBOARD])('what %s names is measured, with those labels', (file) => {
  const text = readFileSync(file, 'utf8').replaceAll('\\"', '"')
  const named = [...text.matchAll(/\b(sluice_[a-z0-9_]+)(?:\{([^}]*)\})?/g)]
  expect(named.length).toBeGreaterThan(10)
  for (const [all, name = '', selector = ''] of named) {
    const labels = known.get(name)
    expect(labels, name).toBeDefined()
    for (const [, label = ''] of selector.matchAll(/([a-z_]+)\s*[=!]/g)) expect([...(labels ?? []), ...ADDED], all).toContain(label)
  }
})

test('each alert is tried, and explained where operators look', () => {
  const [rules, tests, page] = [ALERTS, ALERT_TESTS, 'docs/operations.md'].map((file) => readFileSync(file, 'utf8'))
  const alerts = [...(rules ?? '').matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name)
  expect(alerts.length).toBeGreaterThan(5)
  for (const name of alerts) {
    expect(tests, name).toMatch(new RegExp(`alertname: ${name}\n\\s+exp_alerts:\n`))
    expect(tests, name).toContain(`alertname: ${name}, exp_alerts: []`)
    expect(page).toContain(`\n### ${name}\n`)
  }
})

describe('by Prometheus itself', () => {
  test('the alerts fire when they should, and not close by', ({ skip }) => {
    const missing = whyNoPromtool()
    if (missing) return skip(missing)
    expect(promtool(['check', 'rules', ALERTS])).toContain('SUCCESS')
    expect(promtool(['test', 'rules', ALERT_TESTS])).toContain('SUCCESS')
  })

  test('the queries of the dashboard are understood', ({ skip }) => {
    const missing = whyNoPromtool()
    if (missing) return skip(missing)
    const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard
    const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    expect(queries.length).toBeGreaterThan(10)
    const folder = mkdtempSync(join(tmpdir(), 'sluice-dashboard-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const rules = queries.map((expr, i) => ({
      record: `query:${i}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', '.*'),
    }))
    // JSON is YAML.
    writeFileSync(join(folder, 'queries.yml'), JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
    expect(promtool(['check', 'rules', '--lint=none', join(folder, 'queries.yml')])).toContain(`${queries.length} rules found`)
  })
})

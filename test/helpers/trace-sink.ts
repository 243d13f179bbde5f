import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A span as a collector gets it, with its attributes as an object and the service that sent it. */
export interface CollectedSpan {
  service: string
  traceId: string
  spanId: string
  /** Empty: the root of its trace. */
  parentSpanId: string
  name: string
  attributes: Record<string, unknown>
  /** Name and attributes of each. */
  events: { name: string; attributes: Record<string, unknown> }[]
  failed: boolean
  startMs: number
  endMs: number
}

interface WireAttribute {
  key: string
  value: Record<string, unknown>
}
interface WireSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes?: WireAttribute[]
  events?: { name: string; attributes?: WireAttribute[] }[]
  status?: { code?: number }
}
interface WireRequest {
  resourceSpans: { resource: { attributes: WireAttribute[] }; scopeSpans: { spans: WireSpan[] }[] }[]
}

const STATUS_ERROR = 2

export interface TraceSink {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  url: string
  spans: CollectedSpan[]
  /** All that came, as it came. */
  text(): string
  close(): Promise<void>
}

/** A collector: takes OTLP/JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp) and keeps the spans. */
export async function traceSink(): Promise<TraceSink> {
  const spans: CollectedSpan[] = []
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString('utf8')
    if (request.url !== '/v1/traces') return response.writeHead(404).end()
    bodies.push(body)
    spans.push(...spansOf(JSON.parse(body) as WireRequest))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    text: () => bodies.join('\n'),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function spansOf({ resourceSpans }: WireRequest): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name'])
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => collected(service, span)))
  })
}

function collected(service: string, span: WireSpan): CollectedSpan {
  const { traceId, spanId, parentSpanId = '', name, attributes, events = [] } = span
  return {
    service,
    traceId,
    spanId,
    parentSpanId,
    name,
    attributes: valuesOf(attributes),
    events: events.map((event) => ({ name: event.name, attributes: valuesOf(event.attributes) })),
    failed: span.status?.code === STATUS_ERROR,
    startMs: Number(span.startTimeUnixNano) / 1e6,
    endMs: Number(span.endTimeUnixNano) / 1e6,
  }
}

function valuesOf(attributes: WireAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}

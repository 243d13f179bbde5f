/** The same bytes, until the signal fires. */
export async function* untilAborted(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of body) {
    signal?.throwIfAborted()
    yield chunk
  }
}

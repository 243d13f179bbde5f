/**
 * How a queue is declared, the same wherever it is: written to disk by every node that has it, and, where the broker is a
 * cluster, held by most of its nodes before a message is confirmed. Declaring it again only looks at it.
 */
export const quorumQueue = (queue: string) => ({ queue, durable: true, arguments: { 'x-queue-type': 'quorum' } }) as const

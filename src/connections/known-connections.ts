import { describe } from '../options/option-rules.js';

/** What is known of a connection when handlers are checked. */
export interface KnownConnection {
  /** Celery names of its queues; empty where not all are known, because they are given wrongly. */
  readonly queues: readonly string[];
  /** Whether it has an idempotency store. */
  readonly idempotency: boolean;
  /** Whether it has threads for tasks. */
  readonly threads: boolean;
}

/** By name; what decorators name is not checked yet. */
export type KnownConnections = ReadonlyMap<unknown, KnownConnection>;

/** A connection that a decorator or a feature names must be there. */
export function unknownConnection(name: unknown, connections: KnownConnections): string[] {
  if (connections.has(name)) return [];
  const names = [...connections.keys()].map((known) => describe(known)).join(', ') || 'none';
  return [`its connection is ${describe(name)}, which no SqsCeleryModule.forRoot makes; there are: ${names}`];
}

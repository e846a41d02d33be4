import type { ConsumerState, PollTrouble } from '#sqs';
import { DEFAULT_CONNECTION } from '../tokens.js';
import type { ConnectionSnapshot } from './connection-health.js';

/** Troubles that do not pass by themselves. */
const LASTING: ReadonlySet<PollTrouble | undefined> = new Set<PollTrouble>(['credentials', 'refused']);

/** Failures in a row after which a trouble counts that may pass by itself. */
const PATIENCE = 3;
/** Milliseconds without an answer after which it counts, however few failures that are: a poll may take long to fail. */
const SILENCE_MS = 60_000;

/** What a restart of the process would put right, one sentence each. */
export function livenessProblems({ name, queues, zombies }: ConnectionSnapshot): string[] {
  return [
    ...queues
      .filter(({ trouble, failures }) => trouble === 'stalled' && failures >= PATIENCE)
      .map(
        ({ queue, failures }) =>
          `Queue ${titleOf(queue, name)} is not polled any more: it was restarted ${failures} times in a row`,
      ),
    ...zombies.map(
      ({ request, seconds }) =>
        `Task ${request.task}[${request.id}] has run for ${Math.round(seconds)} s, long after its hard time limit: only the end of the process ends it`,
    ),
  ];
}

/** What keeps a connection from doing its work at present, one sentence each. */
export function readinessProblems({ name, connected, queues }: ConnectionSnapshot): string[] {
  if (!connected) return [`Connection ${name} is not open`];
  return queues.filter(isCutOff).map(({ queue, trouble, failures, lastError }) => {
    const code = lastError ? ` (${lastError.code})` : '';
    return `Queue ${titleOf(queue, name)} cannot be polled: ${String(trouble)}${code}, ${failures} times in a row`;
  });
}

function isCutOff({ trouble, failures, lastPollAgeMs = Infinity }: ConsumerState): boolean {
  if (trouble === undefined) return false;
  return LASTING.has(trouble) || failures >= PATIENCE || lastPollAgeMs > SILENCE_MS;
}

function titleOf(queue: string, connection: string): string {
  return connection === DEFAULT_CONNECTION ? queue : `${queue} of connection ${connection}`;
}

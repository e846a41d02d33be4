import { decodeMessage, openForeign } from '#celery';
import { expect, it } from 'vitest';
import type { RawMessageEventMap, RawOutcome } from './raw-events.js';
import { logRawMessages, type RawMessageListeners } from './raw-log.js';
import { RawMessageRequest } from './raw-message-request.js';
import { RecordedDelivery } from '../worker.test-support.js';

const body = '{"secret":"hunter2"}';
const decoded = decodeMessage(body);
if (decoded.kind !== 'foreign') throw new Error(decoded.kind);
const request = new RawMessageRequest(new RecordedDelivery({ body }), openForeign(body, decoded));

type Listeners = { [Event in keyof RawMessageEventMap]?: (payload: RawMessageEventMap[Event]) => void };

function start() {
  const listeners: Listeners = {};
  const lines: string[] = [];
  const events: RawMessageListeners = {
    on: (event, listener) => {
      Object.assign(listeners, { [event]: listener });
      return () => void delete listeners[event];
    },
  };
  const write =
    (level: string) =>
    (message: string): void =>
      void lines.push(`${level} ${message}`);
  const log = { log: write('INFO'), warn: write('WARNING'), error: write('ERROR'), debug: write('DEBUG') };
  const end = logRawMessages(events, log, (error) => (error.name === 'Shown' ? 'as told' : undefined));
  return { listeners, lines, end };
}

const title = 'Raw message message-1 of queue celery';
const shownError = Object.assign(new Error('x'), { name: 'Shown' });

it.each<[RawOutcome, string]>([
  [{ kind: 'succeeded', runtimeSeconds: 0.5 }, `INFO ${title} handled in 0.5s`],
  [{ kind: 'ignored' }, `INFO ${title} ignored`],
  [
    { kind: 'retried', error: new TypeError('boom'), delaySeconds: 7 },
    `INFO ${title} retry: Retry in 7s: TypeError('boom')`,
  ],
  [
    { kind: 'failed', error: shownError, delaySeconds: 3 },
    `ERROR ${title} raised unexpected: Shown('as told'): visible again in 3s`,
  ],
  [
    { kind: 'rejected', reason: 'not\nours', action: 'deleted' },
    `WARNING ${title} reject requeue=False: "not\\nours": deleted`,
  ],
  [
    { kind: 'exhausted', error: new Error('boom'), action: 'deadLettered' },
    `ERROR ${title} raised unexpected: Error('boom'): moved to the dead-letter queue`,
  ],
  [
    { kind: 'leaseLost', reason: undefined },
    `WARNING ${title} lost its lease: another worker may handle it; nothing of this run was kept`,
  ],
])('$kind', (outcome, line) => {
  const { listeners, lines } = start();
  listeners.rawReceived?.({ request });
  listeners.rawHandled?.({ request, outcome });
  expect(lines).toEqual([`INFO ${title} received`, line]);
  expect(lines.join()).not.toContain('hunter2');
});

it('ends', () => {
  const { listeners, end } = start();
  end();
  expect(listeners).toEqual({});
});

import { encodeMessage, signature, type TaskMessage } from '#celery';
import { Boom, isFifo, type Cell, type Situation, type World } from './acknowledgement-table.test-support.js';
import { body } from '../worker.test-support.js';

interface Envelope {
  body: string;
  headers: Record<string, unknown>;
  properties: Record<string, unknown>;
  [key: string]: unknown;
}

type Body = NonNullable<Situation['body']>;

/** The message with something changed in its envelope. */
function withEnvelope(change: (envelope: Envelope) => void): Body {
  return (message) => {
    const envelope = JSON.parse(Buffer.from(encodeMessage(message), 'base64').toString()) as Envelope;
    change(envelope);
    return JSON.stringify(envelope);
  };
}

/** The message with another body: any JSON, or text that is none. */
function withBody(body: unknown): Body {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return withEnvelope((envelope) => (envelope.body = Buffer.from(text).toString('base64')));
}

function withHeaders(headers: Record<string, unknown>): Body {
  return withEnvelope((envelope) => Object.assign(envelope.headers, headers));
}

const hasRedrive = ({ queue }: Cell): boolean => queue.endsWith('with redrive policy');

/** A message that nobody can run. */
function poison(body: Body, ...alternatives: readonly Body[]): Situation {
  return { body, alternatives, steps: (cell) => (hasRedrive(cell) ? ['dead-letter', 'delete'] : ['give back']) };
}

/** A message for another fleet. */
function notMine(body: Body): Situation {
  return { body, steps: () => ['give back'] };
}

const unregistered: Situation = { registered: false, storedRegardless: true, steps: () => ['give back'] };
const NOT_REGISTERED = 'store FAILURE NotRegistered';

const MINUTE = 60_000;
const inAMinute = (): Date => new Date(Date.now() + MINUTE);
const aMinuteAgo = (): Date => new Date(Date.now() - MINUTE);

/** What a task does that runs after all. */
function runs({ acksLate }: Cell): string[] {
  const done = ['run', 'send callbacks', 'send chain', 'store SUCCESS'];
  return acksLate ? [...done, 'delete'] : ['delete', ...done];
}

/** The last receive but one that a redrive policy of 10 allows. */
const nearlyUsedUp = () => ({ receiveCount: 9 });

function republished(earlierReceives: number): Situation['receives'] {
  const attribute = { CeleryEarlierReceives: { DataType: 'Number', StringValue: String(earlierReceives) } };
  return (cell) =>
    cell.queue === 'standard with redrive policy'
      ? { receiveCount: 1, messageAttributes: attribute }
      : { receiveCount: 11 };
}

async function claimElsewhere({ idempotency, delivery }: World, messageId: string): Promise<string> {
  const claim = { key: 'do:task-1:0:0', owner: 'another worker', leaseSeconds: 30 };
  await idempotency.claim({ ...claim, messageId, receiveCount: delivery.receiveCount });
  return claim.key;
}

/** Situations in which the handler is not called, by the ids of the page. */
export const BEFORE: Readonly<Record<string, Situation>> = {
  A1: poison(
    () => 'hello',
    () => '[1]',
    withEnvelope((envelope) => Reflect.deleteProperty(envelope, 'properties')),
  ),
  A2: poison(withEnvelope((envelope) => (envelope.headers['tenant'] = { __type__: 'money', __value__: 1 }))),
  A3: poison(withEnvelope((envelope) => (envelope.body = '*'))),
  A4: poison(withHeaders({ compression: 'application/x-gzip' })),
  A5: poison(withEnvelope((envelope) => (envelope.headers = {}))),
  A6: poison(
    withEnvelope((envelope) => Object.assign(envelope, { headers: {}, body: Buffer.from('{').toString('base64') })),
  ),
  A7: unregistered,
  A8: notMine(withEnvelope((envelope) => (envelope['content-type'] = 'application/x-python-serialize'))),
  A9: poison(withBody('[[], {}, '), withBody([[{ __type__: 'money', __value__: 1 }], {}, {}])),
  A10: poison(withEnvelope(({ headers }) => delete headers['id'])),
  A11: poison(
    withBody([[], {}]),
    withEnvelope((envelope) => delete envelope['content-type']),
  ),
  A12: poison(
    withHeaders({ eta: 'tomorrow' }),
    withHeaders({ eta: 7 }),
    withHeaders({ expires: 'tomorrow' }),
    withHeaders({ expires: 7 }),
  ),
  A13: poison(withBody([[], [], {}])),
  A14: {
    message: () => ({ expires: aMinuteAgo() }),
    steps: () => ['store REVOKED TaskRevokedError', 'delete'],
  },
  A15: {
    stores: ['revocations'],
    arrange: ({ revocations }) => revocations.revoke(['task-1'], { terminate: false }),
    steps: () => ['store REVOKED TaskRevokedError', 'delete'],
  },
  A16: { message: () => ({ eta: inAMinute() }), steps: () => ['give back'] },
  A17: poison(withHeaders({ eta: '10000-01-01T00:00:00' })),
  A18: {
    options: { rateLimit: '2/h' },
    async arrange({ bench, delivery }) {
      await bench.worker.handle(bench.delivery({ body: body({ id: 'the first' }), queue: delivery.queue }));
      bench.actions.length = bench.recorded.length = bench.sender.published.length = 0;
    },
    steps: (cell) => {
      if (isFifo(cell)) return ['wait', ...runs(cell)];
      return cell.queue === 'attributes unknown' ? ['send again', 'delete'] : ['give back'];
    },
  },
  A19: {
    ...unregistered,
    receives: nearlyUsedUp,
    steps: (cell) => {
      if (!hasRedrive(cell)) return ['give back'];
      return isFifo(cell) ? [NOT_REGISTERED, 'dead-letter', 'delete'] : ['send again', 'delete'];
    },
  },
  A20: {
    ...unregistered,
    receives: () => ({ messageAttributes: { CeleryHandBacks: { DataType: 'Number', StringValue: '20' } } }),
    steps: (cell) => [NOT_REGISTERED, ...(hasRedrive(cell) ? ['dead-letter', 'delete'] : ['give back'])],
  },
  A21: {
    ...unregistered,
    worker: { unknownTask: 'deadLetter' },
    steps: (cell) => [NOT_REGISTERED, ...(hasRedrive(cell) ? ['dead-letter', 'delete'] : ['give back'])],
  },
  A22: { ...unregistered, worker: { unknownTask: 'fail' }, steps: () => [NOT_REGISTERED, 'delete'] },
  A23: notMine((message: TaskMessage) =>
    encodeMessage({ ...message, embed: { ...message.embed, callbacks: [signature('next', { queue: 'elsewhere' })] } }),
  ),
  A24: {
    message: () => ({ eta: inAMinute() }),
    receives: nearlyUsedUp,
    steps: (cell) => {
      if (!hasRedrive(cell)) return ['give back'];
      return isFifo(cell) ? ['wait', ...runs(cell)] : ['send again', 'delete'];
    },
  },
  A25: {
    message: () => ({ eta: new Date(Date.now() + 1_000) }),
    arrange: ({ delivery }) => {
      const standAside = delivery.standAside.bind(delivery);
      delivery.standAside = (until) => {
        delivery.controller.abort(new Boom('lease lost'));
        return standAside(until);
      };
    },
    steps: () => ['wait'],
  },
  A26: {
    receives: republished(15),
    // SQS moves a FIFO message with a redrive policy before, and nobody sends it again.
    happens: ({ queue }) => queue !== 'FIFO with redrive policy',
    steps: (cell) => {
      const failure = ['send errbacks', 'store FAILURE WorkerLostError'];
      if (cell.queue === 'attributes unknown') return [...failure, 'give back'];
      return [...failure, ...(hasRedrive(cell) ? ['dead-letter', 'delete'] : ['delete'])];
    },
  },
  A27: {
    stores: ['idempotency'],
    async arrange(world) {
      const key = await claimElsewhere(world, 'a copy');
      await world.idempotency.settle(key, 'another worker', '{"kind":"success","result":1,"runtimeSeconds":1}');
    },
    steps: () => ['store SUCCESS', 'delete'],
  },
  A28: {
    stores: ['idempotency'],
    arrange: async (world) => void (await claimElsewhere(world, 'a copy')),
    steps: (cell) => {
      if (isFifo(cell)) return ['wait', ...runs(cell)];
      return cell.queue === 'attributes unknown' ? ['send again', 'delete'] : ['give back'];
    },
  },
  A29: {
    message: () => ({ expires: aMinuteAgo() }),
    modes: ['kept'],
    arrange: ({ results }) => void (results.failures = Infinity),
    steps: () => ['storing fails', 'give back'],
  },
  A30: {
    stores: ['revocations'],
    modes: ['kept'],
    async arrange({ results, revocations }) {
      results.failures = Infinity;
      await revocations.revoke(['task-1'], { terminate: false });
    },
    steps: () => ['storing fails', 'give back'],
  },
  A31: {
    worker: { poison: 'delete' },
    body: () => 'hello',
    steps: (cell) => {
      if (hasRedrive(cell)) return ['dead-letter', 'delete'];
      return isFifo(cell) ? ['delete'] : ['give back'];
    },
  },
};

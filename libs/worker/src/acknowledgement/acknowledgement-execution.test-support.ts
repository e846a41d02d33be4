import { EncodeError, Ignore, Reject, Retry, signature, sleep } from '#celery';
import { Boom, isFifo, type Cell, type Situation, type World } from './acknowledgement-table.test-support.js';
import type { TaskRequest } from '../task-request.js';

const SENT_ON_SUCCESS = ['send callbacks', 'send chain'];
const failed = (error: string): string[] => ['send errbacks', `store FAILURE ${error}`];
const HOUR_MS = 3_600_000;
const STORING_FAILS = ['storing fails'];

/** What is done about the message of a handler that was called: with `acksLate: false` it is gone before. */
function ran({ acksLate }: Cell, between: readonly string[], end: string | readonly string[] = 'delete'): string[] {
  return acksLate ? ['run', ...between, end].flat() : ['delete', 'run', ...between];
}

function fails(error: unknown): () => never {
  return () => {
    throw error;
  };
}

/** Whether a plain retry leaves its message in place. */
const inPlace = (cell: Cell): boolean => cell.acksLate && isFifo(cell);

const loseLease = ({ delivery }: World): void => delivery.controller.abort(new Boom('lease lost'));

/** Ends a while after its signal was aborted. */
function heedless({ signal }: TaskRequest): Promise<unknown> {
  return new Promise((resolve) => signal.addEventListener('abort', () => setTimeout(resolve, 5)));
}

/** Ends with the reason of its signal. */
function heedful({ signal }: TaskRequest): Promise<unknown> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}

/** Loses the lease as soon as everything that follows a success was sent. */
function loseLeaseAfterSending(world: World): void {
  const { sender } = world.bench;
  const publish = sender.publish.bind(sender);
  sender.publish = async (...published) => {
    await publish(...published);
    if (sender.published.length === SENT_ON_SUCCESS.length) loseLease(world);
  };
}

/** A worker that had begun the same attempt and is gone. */
async function workerGone({ idempotency, delivery }: World): Promise<void> {
  await idempotency.claim({
    key: 'do:task-1:0:0',
    owner: 'a worker that is gone',
    messageId: delivery.messageId,
    receiveCount: 1,
    leaseSeconds: 30,
  });
}

const late = ({ acksLate }: Cell): boolean => acksLate;

/** Situations in which the handler is called, and how its message ends, by the ids of the page. */
export const EXECUTION: Readonly<Record<string, Situation>> = {
  B1: {
    options: { trackStarted: true },
    steps: (cell) => {
      const done = [...SENT_ON_SUCCESS, 'store SUCCESS'];
      const started = cell.acksLate ? ['store STARTED', 'run'] : ['store STARTED', 'delete', 'run'];
      return cell.acksLate ? [...started, ...done, 'delete'] : [...started, ...done];
    },
  },
  B2: { steps: (cell) => ran(cell, [...SENT_ON_SUCCESS, 'store SUCCESS']) },
  B3: {
    handler: () => () => 'no JSON',
    modes: ['kept'],
    steps: (cell) => ran(cell, [...SENT_ON_SUCCESS, ...failed('EncodeError')]),
  },
  B4: { handler: fails(new Boom('no')), steps: (cell) => ran(cell, failed('Boom')) },
  B5: {
    options: { acksOnFailure: false },
    handler: fails(new Boom('no')),
    steps: (cell) => ran(cell, failed('Boom'), 'give back'),
  },
  B6: {
    handler: fails(new Retry({ countdown: 60, cause: new Boom('later') })),
    steps: (cell) =>
      inPlace(cell) ? ['run', 'store RETRY Boom', 'give back'] : ran(cell, ['store RETRY Boom', 'send retry']),
  },
  B7: { handler: fails(new Ignore()), steps: (cell) => ran(cell, []) },
  B8: {
    handler: fails(new Reject({ reason: 'no thanks' })),
    steps: (cell) => ran(cell, ['store FAILURE Reject'], REJECTED[cell.queue]),
  },
  B9: { handler: fails(new Reject({ requeue: true })), steps: (cell) => ran(cell, [], 'give back') },
  B10: {
    options: { softTimeLimit: 60 },
    handler: heedful,
    steps: (cell) => ran(cell, failed('SoftTimeLimitExceeded')),
  },
  B11: { options: { timeLimit: 60 }, handler: heedless, steps: (cell) => ran(cell, failed('TimeLimitExceeded')) },
  B12: {
    options: { timeLimit: 60, acksOnTimeout: false },
    handler: heedless,
    steps: (cell) => ran(cell, failed('TimeLimitExceeded'), 'give back'),
  },
  B13: {
    receives: () => ({ receiveCount: 2 }),
    stores: ['idempotency'],
    arrange: workerGone,
    steps: (cell) => ran(cell, [...SENT_ON_SUCCESS, 'store SUCCESS']),
  },
  B14: {
    options: { rejectOnWorkerLost: false },
    receives: () => ({ receiveCount: 2 }),
    stores: ['idempotency'],
    arrange: workerGone,
    happens: late,
    steps: () => [...failed('WorkerLostError'), 'delete'],
  },
  B15: {
    handler: fails(new Retry({ countdown: 60, args: [1], cause: new Boom('later') })),
    arrange: ({ bench }) => void (bench.sender.fail = new Boom('offline')),
    steps: (cell) => ran(cell, ['store RETRY Boom'], 'give back'),
  },
  B16: {
    handler: (_request, world) => loseLease(world),
    happens: late,
    steps: () => ['run'],
  },
  B17: {
    handler: fails(new Retry({ cause: new Boom('again') })),
    message: () => ({ retries: 3 }),
    steps: (cell) => ran(cell, failed('Boom')),
  },
  B18: {
    async handler(_request, { clock }) {
      await sleep(clock, 7 * HOUR_MS);
      throw new Retry({ countdown: 20_000, cause: new Boom('again') });
    },
    options: { maxRetries: null },
    receives: () => ({ receiveCount: 10 }),
    happens: inPlace,
    steps: (cell) => ran(cell, failed('Boom')),
  },
  B19: {
    handler: fails(new Retry({ args: [() => 'no JSON'], cause: new Boom('later') })),
    arrange: ({ bench }) => void (bench.sender.failOnce = new EncodeError('no JSON', '$.args[0]')),
    steps: (cell) => ran(cell, ['store RETRY Boom', ...failed('EncodeError')]),
  },
  B20: {
    modes: ['kept'],
    arrange: ({ results }) => void (results.failures = 2),
    steps: (cell) => ran(cell, [...SENT_ON_SUCCESS, 'storing fails', 'store SUCCESS']),
  },
  B21: {
    modes: ['kept'],
    arrange: ({ results }) => void (results.failures = Infinity),
    steps: (cell) => ran(cell, [...SENT_ON_SUCCESS, ...STORING_FAILS], 'give back'),
  },
  B22: {
    arrange: ({ bench }) => void (bench.sender.fail = new Boom('offline')),
    steps: (cell) => ran(cell, [], 'give back'),
  },
  B23: {
    arrange: loseLeaseAfterSending,
    happens: late,
    steps: () => ['run', ...SENT_ON_SUCCESS],
  },
  B24: {
    modes: ['kept'],
    arrange: (world) => void (world.results.afterStore = () => loseLease(world)),
    happens: late,
    steps: () => ['run', ...SENT_ON_SUCCESS, 'store SUCCESS'],
  },
  B25: {
    handler: fails(new Reject()),
    modes: ['kept'],
    arrange: (world) => void (world.results.afterStore = () => loseLease(world)),
    happens: late,
    steps: () => ['run', 'store FAILURE Reject'],
  },
  B26: {
    arrange: ({ delivery }) => void (delivery.failAcknowledge = new Boom('denied')),
    steps: ({ acksLate }) => (acksLate ? ['run', ...SENT_ON_SUCCESS, 'store SUCCESS', 'delete'] : ['delete']),
  },
  B27: {
    stores: ['revocations'],
    handler: async (request, { revocations }) => {
      await revocations.revoke([request.id], { terminate: true });
      return heedful(request);
    },
    steps: (cell) => ran(cell, ['store REVOKED TaskRevokedError']),
  },
  B28: {
    handler: fails(new Reject()),
    arrange: ({ bench }) => void (bench.sender.fail = new Boom('denied')),
    happens: ({ queue }) => queue.endsWith('with redrive policy'),
    steps: (cell) => ran(cell, ['store FAILURE Reject'], 'give back'),
  },
  B29: {
    options: { trackStarted: true },
    modes: ['kept'],
    arrange: ({ results }) => void (results.failures = Infinity),
    steps: () => [...STORING_FAILS, 'give back'],
  },
  B30: {
    handler: fails(new Retry({ args: [1], cause: new Boom('later') })),
    modes: ['kept'],
    arrange: (world) => void (world.results.afterStore = () => loseLease(world)),
    happens: late,
    steps: () => ['run', 'store RETRY Boom'],
  },
  B31: {
    stores: ['revocations'],
    modes: ['kept'],
    handler: async (request, { results, revocations }) => {
      results.failures = Infinity;
      await revocations.revoke([request.id], { terminate: true });
      return heedful(request);
    },
    steps: (cell) => ran(cell, STORING_FAILS, 'give back'),
  },
  B32: {
    handler: ({ retries }) => {
      if (retries === 0) throw new Retry({ countdown: 7, cause: new Boom('later') });
    },
    happens: inPlace,
    steps: (cell) => ['run', 'store RETRY Boom', 'wait', ...ran(cell, [...SENT_ON_SUCCESS, 'store SUCCESS'])],
  },
  B33: {
    handler: (request) => request.replace(signature('replacement')),
    steps: (cell) => ran(cell, ['send replacement']),
  },
  B34: {
    handler: (request) => request.replace(signature('replacement', { queue: 'elsewhere' })),
    steps: (cell) => ran(cell, failed('InvalidTaskError')),
  },
  B35: {
    handler: (request) => request.replace(signature('replacement')),
    arrange: ({ bench }) => void (bench.sender.fail = new Boom('offline')),
    steps: (cell) => ran(cell, [], 'give back'),
  },
};

/** Where a message goes that its task refused. */
const REJECTED = {
  standard: 'delete',
  'standard with redrive policy': ['dead-letter', 'delete'],
  FIFO: 'delete',
  'FIFO with redrive policy': ['dead-letter', 'delete'],
  'attributes unknown': 'give back',
};

import {
  createTaskMessage,
  encodeMessage,
  signature,
  systemClock,
  type Clock,
  type ResultStore,
  type TaskMessage,
  type TaskMeta,
  type Timer,
} from '#celery';
import { MemoryIdempotencyStore, MemoryResultStore, MemoryRevocationStore } from '#backends';
import { logTaskEvents } from '../task-log.js';
import type { TaskOptions } from '../task-options.js';
import type { TaskRequest } from '../task-request.js';
import type { WorkerOptions } from '../worker.js';
import { Bench, FIFO, RecordedDelivery, STANDARD, withRedrive } from '../worker.test-support.js';

export const QUEUES = {
  standard: STANDARD,
  'standard with redrive policy': withRedrive(STANDARD, 10),
  FIFO: { ...FIFO, visibilityTimeout: 30 },
  'FIFO with redrive policy': withRedrive({ ...FIFO, visibilityTimeout: 30 }, 10),
  'attributes unknown': { name: STANDARD.name, url: STANDARD.url, fifo: false },
};
export type QueueKind = keyof typeof QUEUES;

/** What is told of the task's result: all of it, nothing, or its errors only. */
export type ResultMode = 'kept' | 'ignored' | 'errors only';

/** One cell of the table. */
export interface Cell {
  readonly queue: QueueKind;
  readonly acksLate: boolean;
}

export const CELLS: readonly Cell[] = (Object.keys(QUEUES) as QueueKind[]).flatMap((queue) =>
  [true, false].map((acksLate) => ({ queue, acksLate })),
);

/** What stands around a message that is handled: what a situation may arrange beforehand. */
export interface World {
  readonly clock: Clock;
  readonly bench: Bench;
  readonly delivery: RecordedDelivery;
  readonly results: RecordedResults;
  readonly idempotency: MemoryIdempotencyStore;
  readonly revocations: MemoryRevocationStore;
}

/** One row of the page, as it is played. */
export interface Situation {
  readonly options?: TaskOptions;
  readonly worker?: WorkerOptions;
  /** False: no handler is registered. */
  readonly registered?: boolean;
  readonly stores?: readonly ('idempotency' | 'revocations')[];
  readonly message?: () => Partial<Parameters<typeof createTaskMessage>[0]>;
  /** What stands in SQS instead of the message. */
  readonly body?: (message: TaskMessage) => string;
  /** What else may stand there, and comes to the same. */
  readonly alternatives?: readonly ((message: TaskMessage) => string)[];
  readonly receives?: (cell: Cell) => Partial<ConstructorParameters<typeof RecordedDelivery>[0]>;
  readonly handler?: (request: TaskRequest, world: World) => unknown;
  readonly arrange?: (world: World) => void | Promise<void>;
  /** Cells that cannot happen are left out. Default: all happen. */
  readonly happens?: (cell: Cell) => boolean;
  /** Everything that is done, in order. */
  readonly steps: (cell: Cell) => readonly string[];
  /** What is told of the result makes a difference: where storing fails, there is none. Default: all modes are played. */
  readonly modes?: readonly ResultMode[];
  /** The result is stored whatever the task may say of it. */
  readonly storedRegardless?: boolean;
}

/** What was seen to happen. */
export interface Seen {
  /** `run`, `send …`, `store …`, and what was done with the message. */
  readonly steps: readonly string[];
  readonly stored: TaskMeta | undefined;
  readonly events: readonly string[];
  /** `INFO Task … received` */
  readonly log: readonly string[];
}

export class Boom extends Error {
  override readonly name = 'Boom';
}

/** A clock on which whatever is waited for comes at once. */
class JumpingClock implements Clock {
  #ahead = 0;

  now(): number {
    return systemClock.now() + this.#ahead;
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#ahead;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const due = this.monotonic() + delayMs;
    return systemClock.setTimeout(() => {
      this.#ahead += Math.max(0, due - this.monotonic());
      callback();
    }, 0);
  }
}

/** A real store that writes down what is stored, and fails as often as it is told. */
export class RecordedResults implements ResultStore {
  readonly #store = new MemoryResultStore();
  actions: string[] = [];
  failures = 0;
  afterStore: (() => void) | undefined;

  async store(meta: TaskMeta): Promise<void> {
    if (this.failures > 0) {
      this.failures -= 1;
      // How often is not the point.
      if (this.actions.at(-1) !== 'storing fails') this.actions.push('storing fails');
      throw new Boom('the store is away');
    }
    await this.#store.store(meta);
    this.actions.push(`store ${shortOf(meta)}`);
    this.afterStore?.();
  }

  get(taskId: string): Promise<TaskMeta | undefined> {
    return this.#store.get(taskId);
  }

  forget(taskId: string): Promise<void> {
    return this.#store.forget(taskId);
  }

  async close(): Promise<void> {}
}

/** `SUCCESS`, `FAILURE Boom`. */
export function shortOf({ status, result }: TaskMeta): string {
  const excType = (result as { readonly excType?: string } | null)?.excType;
  return excType === undefined ? status : `${status} ${excType}`;
}

const ID = 'task-1';

/** Everything a message may name to follow its task; the callback does not take the result. */
const EMBED = {
  callbacks: [signature('callback', { immutable: true })],
  errbacks: [signature('errback')],
  chain: [signature('next')],
};

const RESULT_MODES: Record<ResultMode, TaskOptions> = {
  kept: {},
  ignored: { ignoreResult: true },
  'errors only': { ignoreResult: true, storeErrorsEvenIfIgnored: true },
};

/** Plays a situation in one cell through a real worker. */
export async function play(situation: Situation, cell: Cell, mode: ResultMode): Promise<Seen> {
  const clock = new JumpingClock();
  const results = new RecordedResults();
  const stores = {
    idempotency: new MemoryIdempotencyStore({ clock }),
    revocations: new MemoryRevocationStore({ clock }),
  };
  const named = Object.fromEntries((situation.stores ?? []).map((name) => [name, stores[name]]));
  const bench = new Bench({
    clock,
    options: situation.worker ?? {},
    stores: { results, ...named },
  });
  results.actions = bench.actions;
  const log: string[] = [];
  const write = (level: string) => (line: string) => void log.push(`${level} ${line}`);
  logTaskEvents(bench.events, {
    log: write('INFO'),
    warn: write('WARNING'),
    error: write('ERROR'),
    debug: write('DEBUG'),
  });
  const body = bodyOf(situation, cell);
  const delivery = bench.delivery({
    queue: QUEUES[cell.queue],
    ...(isFifo(cell) && { messageGroupId: 'group' }),
    ...situation.receives?.(cell),
    body,
  });
  const world: World = { clock, bench, delivery, results, ...stores };
  register(situation, cell, mode, world);
  await situation.arrange?.(world);
  await bench.worker.handle(delivery);
  return { steps: stepsOf(bench), stored: await results.get(ID), events: eventsOf(bench), log };
}

export function isFifo({ queue }: Cell): boolean {
  return QUEUES[queue].fifo;
}

function bodyOf({ message: spec, body = encodeMessage }: Situation, cell: Cell): string {
  const origin = 'gen1@test';
  const queue = QUEUES[cell.queue].name;
  const message = createTaskMessage({ task: 'do', id: ID, queue, origin, now: Date.now(), embed: EMBED, ...spec?.() });
  // The caller says nothing of the result: the task's own setting counts.
  return body({ ...message, headers: { ...message.headers, ignoreResult: undefined } });
}

function register(situation: Situation, { acksLate }: Cell, mode: ResultMode, world: World): void {
  if (situation.registered === false) return;
  const { bench } = world;
  const run = (request: TaskRequest): unknown => {
    bench.actions.push('run');
    return situation.handler?.(request, world);
  };
  bench.task('do', run, { acksLate, ...RESULT_MODES[mode], ...situation.options });
}

/** The actions of the bench in the words of the page. */
function stepsOf({ actions, sender }: Bench): string[] {
  const published = sender.published.map(({ message: { headers } }) => SENT[headers.task] ?? headers.task);
  const steps = actions.map((action) => {
    if (action.startsWith('publish ')) return `send ${published.shift()}`;
    if (action.startsWith('send to arn:')) return 'dead-letter';
    if (action.startsWith('release ')) return 'give back';
    if (action.startsWith('stand aside')) return 'wait';
    return WORDS[action] ?? action;
  });
  // Asked for twice, the transport deletes once.
  return steps.filter((step, index) => step !== 'delete' || steps.indexOf('delete') === index);
}

const SENT: Readonly<Record<string, string>> = {
  callback: 'callbacks',
  errback: 'errbacks',
  next: 'chain',
  do: 'retry',
};
const WORDS: Readonly<Record<string, string>> = {
  acknowledge: 'delete',
  'send to celery': 'send again',
};

/** That it began is not told. */
function eventsOf(bench: Bench): string[] {
  return bench.names().filter((name) => name !== 'received' && name !== 'started');
}

/** What is left of the steps where the task says that its result is dropped. */
export function withoutIgnored(steps: readonly string[], mode: ResultMode): string[] {
  return steps.filter((step) => {
    if (mode === 'kept' || !step.startsWith('store ')) return true;
    return mode === 'errors only' && /^store (RETRY|FAILURE|REVOKED)/.test(step);
  });
}

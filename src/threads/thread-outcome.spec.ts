import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  DateTime,
  Decimal,
  Ignore,
  Reject,
  RemoteTaskError,
  Replaced,
  Retry,
  SoftTimeLimitExceeded,
  Uuid,
  WorkerLostError,
  exceptionInfoOf,
  signature,
  systemClock,
  tracebackOf,
} from '#celery';
import {
  JudgedFailure,
  StateUpdates,
  TaskRequest,
  WorkerEvents,
  execute,
  resolveTaskOptions,
  type RegisteredTask,
  type TaskOptions,
} from '#worker';
import { createTaskRequest, type TaskRequestOptions } from '../testing/create-task-request.js';
import { decodeCall, encodeCall } from './thread-call.js';
import { deliveryElsewhere } from './thread-delivery.js';
import { encodeEnd, encodeNotStarted, resultOfEnd } from './thread-outcome.js';

let request: TaskRequest;
beforeEach(() => {
  request = createTaskRequest();
});

/** What a run in a thread comes to for the worker. */
async function cross(run: (task: TaskRequest) => unknown, options: TaskOptions = {}): Promise<unknown> {
  const task: RegisteredTask = {
    name: 'task',
    options: resolveTaskOptions(options),
    run: async (inThread) => run(inThread),
  };
  const inThread = copyOf(request);
  const events = new WorkerEvents(() => {});
  const outcome = await execute({ task, request: inThread, limits: undefined }, systemClock, events);
  return resultOfEnd(encodeEnd(outcome, task, inThread), request);
}

/** The request as a thread has it. */
function copyOf(original: TaskRequest): TaskRequest {
  const { received, ...init } = decodeCall(encodeCall(original));
  const { signal } = new AbortController();
  const delivery = deliveryElsewhere(received, signal);
  return new TaskRequest({ ...init, delivery, signal: () => signal, states: new StateUpdates(undefined) });
}

async function thrown(run: (task: TaskRequest) => unknown, options?: TaskOptions): Promise<unknown> {
  return cross(run, options).then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
}

const throwing = (error: unknown) => (): never => {
  throw error;
};

const VALUES = [
  new Decimal('1.10'),
  new Uuid('7f8a9c1e-0000-4000-8000-000000000001'),
  DateTime.from('2024-02-29T12:30:15.123456+05:30'),
];

describe('a call', () => {
  it('arrives as it was received', () => {
    const options: TaskRequestOptions = {
      task: 'orders.ship',
      args: VALUES,
      kwargs: { bytes: new Uint8Array([1, 2]), big: 2n ** 70n },
      retries: 2,
      maxRetries: null,
      headers: { tenant: 'acme' },
      group: 'g',
      stamps: { run: 7 },
      priority: 3,
      timeLimit: 2.5,
      queue: 'orders.fifo',
      receiveCount: 4,
      messageGroupId: 'acme',
    };
    const original = createTaskRequest(options);
    const copy = copyOf(original);
    const { id, task, retries, maxRetries, headers, group, stamps, priority, timelimit, queue, receiveCount } =
      original;
    const { messageGroupId, hostname } = original;
    expect(copy).toMatchObject({ id, task, retries, maxRetries, headers, group, stamps, priority, timelimit, queue });
    expect(copy).toMatchObject({ receiveCount, messageGroupId, hostname });
    expect(copy.received.message).toEqual(original.received.message);
    expect(copy.args[0]).toBeInstanceOf(Decimal);
  });

  it('keeps any JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), (args, kwargs) => {
        const original = createTaskRequest({ args, kwargs });
        const copy = copyOf(original);
        expect(copy.args).toEqual(original.args);
        expect({ ...copy.kwargs }).toEqual({ ...original.kwargs });
      }),
    );
  });
});

describe('a result', () => {
  it.each([[VALUES], [{ a: [2n ** 70n, null] }], ['text'], [null]])('arrives: %o', async (value) => {
    expect(await cross(() => value)).toEqual(value);
  });

  it('without a form in JSON fails the task', async () => {
    const error = await thrown(() => new Map());
    expect(error).toMatchObject({
      failure: { error: { info: { excType: 'EncodeError', excModule: 'kombu.exceptions' } } },
    });
  });

  it('comes with the tasks that were sent', async () => {
    await cross((task) => task.addChild([['child', null], null]));
    expect(request.children).toEqual([[['child', null], null]]);
  });
});

describe('what is thrown', () => {
  it.each([
    [new RangeError('too far')],
    [new SoftTimeLimitExceeded(2)],
    [new Error('outer', { cause: new TypeError('inner') })],
    ['no error'],
  ])('is stored as in the thread: %o', async (error) => {
    const failure = await thrown(throwing(error));
    expect(failure).toBeInstanceOf(JudgedFailure);
    const { cause } = failure as JudgedFailure;
    expect(cause).toBeInstanceOf(RemoteTaskError);
    expect(exceptionInfoOf(cause)).toEqual(exceptionInfoOf(error));
    // What is no error has no stack of its own.
    expect(error instanceof Error ? tracebackOf(cause) : null).toBe(tracebackOf(error));
  });

  it('is shown where it has no form in JSON', async () => {
    const failure = await thrown(throwing(new Map([[1, 2]])));
    expect(failure).toMatchObject({
      failure: { error: { info: { excType: 'Exception', excMessage: [expect.any(String)] } } },
    });
  });

  it('is judged by the classes that the thread has', async () => {
    const options = { throws: [RangeError], autoretryFor: [TypeError], maxRetries: 1 };
    expect(await thrown(throwing(new RangeError('a')), options)).toMatchObject({
      failure: { expected: true, exhausted: false },
    });
    expect(await thrown(throwing(new SyntaxError('b')), options)).toMatchObject({ failure: { expected: false } });
    expect(
      await thrown(throwing(new TypeError('c')), { ...options, retryBackoff: 7, retryJitter: false }),
    ).toMatchObject({
      name: 'Retry',
      countdown: 7,
      cause: { name: 'TypeError', message: 'c' },
    });
    request = createTaskRequest({ retries: 1, maxRetries: 1 });
    expect(await thrown(throwing(new TypeError('d')), options)).toMatchObject({ failure: { exhausted: true } });
  });
});

describe('control flow', () => {
  it('crosses as itself: Retry', async () => {
    const asked = {
      eta: new Date(1_700_000_000_000),
      args: [new Decimal('2')],
      kwargs: { a: 1 },
      queue: 'slow',
      headers: { h: 1 },
      maxRetries: null,
    };
    const retry = await thrown(throwing(new Retry({ ...asked, cause: new Error('why') })));
    expect(retry).toBeInstanceOf(Retry);
    expect(retry).toMatchObject({ ...asked, eta: asked.eta.toISOString(), cause: { message: 'why' } });
    const bare = (await thrown(throwing(new Retry()))) as Retry;
    expect([bare.countdown, 'cause' in bare]).toEqual([undefined, false]);
  });

  it('crosses as itself: Ignore, Reject, replace', async () => {
    expect(await thrown(throwing(new Ignore()))).toBeInstanceOf(Ignore);
    expect(await thrown(throwing(new Reject({ reason: 'no', requeue: true })))).toMatchObject({
      name: 'Reject',
      message: 'no',
      requeue: true,
    });
    const replaced = await thrown((task) => task.replace(signature('other', { args: [1] })));
    expect(replaced).toBeInstanceOf(Replaced);
    expect(replaced).toMatchObject({ signature: { task: 'other', args: [1] } });
  });

  it('crosses as WorkerLostError where the application did not start', () => {
    expect(() => resultOfEnd(encodeNotStarted('no database'), request)).toThrow(WorkerLostError);
    expect(() => resultOfEnd(encodeNotStarted('no database'), request)).toThrow(/no database/);
  });
});

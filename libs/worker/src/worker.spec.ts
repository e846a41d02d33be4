import { Ignore, Reject, Retry, SqsCeleryError, UnrecoverableError } from '#celery';
import { MemoryRevocationStore } from '#backends';
import { VirtualClock } from '#sqs-local';
import { describe, expect, it, vi } from 'vitest';
import { TaskRequest } from './task-request.js';
import { Bench, DEAD_LETTERS, FIFO, STANDARD, body, withRedrive } from './worker.test-support.js';

class Boom extends Error {
  override readonly name = 'Boom';
}

function fails(error: unknown): () => never {
  return () => {
    throw error;
  };
}

describe('a task that runs', () => {
  it('is acknowledged after its handler has returned', async () => {
    const bench = new Bench();
    bench.task('do', ({ args }) => {
      bench.actions.push('run');
      return args[0];
    });
    await bench.handle({ body: body({ args: [42] }) });
    expect(bench.actions).toEqual(['run', 'acknowledge']);
    expect(bench.names()).toEqual(['received', 'started', 'succeeded']);
    expect(bench.payload('succeeded').result).toBe(42);
  });

  it('is acknowledged before it starts with acksLate: false', async () => {
    const bench = new Bench();
    bench.task('do', () => bench.actions.push('run'), { acksLate: false });
    await bench.handle({ body: body() });
    expect(bench.actions.slice(0, 2)).toEqual(['acknowledge', 'run']);
  });

  it('is not started with acksLate: false when the delete is not confirmed', async () => {
    const bench = new Bench();
    bench.task('do', () => bench.actions.push('run'), { acksLate: false });
    const delivery = bench.delivery({ body: body() });
    delivery.failAcknowledge = new Boom('no');
    await bench.worker.handle(delivery);
    expect(bench.actions).toEqual(['acknowledge']);
    expect(bench.names()).toEqual(['received', 'settleFailed']);
  });

  it('finds itself as TaskRequest.current()', async () => {
    const bench = new Bench();
    bench.task('do', async (request) => {
      await Promise.resolve();
      return TaskRequest.current() === request;
    });
    await bench.handle({ body: body() });
    expect(bench.payload('succeeded').result).toBe(true);
    expect(TaskRequest.current()).toBeUndefined();
  });
});

describe('a task that fails', () => {
  it.each([
    ['an error', new Boom('no'), new Boom('no')],
    ['something that is not an error', 'no', 'no'],
    ['what no retry can mend', new UnrecoverableError('wrong', { cause: new Boom('no') }), new Boom('no')],
  ])('is deleted: %s', async (_what, thrown, reported) => {
    const bench = new Bench().task('do', fails(thrown));
    await bench.handle({ body: body() });
    expect(bench.actions).toEqual(['acknowledge']);
    expect(bench.payload('failed').error).toEqual(reported);
  });

  it('says so where the error is expected', async () => {
    const bench = new Bench().task('do', fails(new Boom('no')), { throws: [Boom] });
    await bench.handle({ body: body() });
    expect(bench.payload('failed').expected).toBe(true);
  });
});

describe('a retry', () => {
  it('is published before the old message is deleted, with the same id and one retry more', async () => {
    const bench = new Bench().task('do', fails(new Retry({ countdown: 7, cause: new Boom('later') })));
    await bench.handle({ body: body({ id: 'task-1', args: [1] }), messageGroupId: 'tenant' });
    expect(bench.actions).toEqual(['publish to celery', 'acknowledge']);
    const [{ message, options }] = bench.sender.published as [(typeof bench.sender.published)[0]];
    expect(message.headers).toMatchObject({ id: 'task-1', retries: 1 });
    expect(message.args).toEqual([1]);
    expect(Date.parse(message.headers.eta ?? '') - Date.now()).toBeGreaterThan(5_000);
    expect(options?.messageGroupId).toBe('tenant');
    expect(bench.payload('retried')).toMatchObject({ delaySeconds: 7, error: new Boom('later') });
  });

  it('waits for defaultRetryDelay when it names no time', async () => {
    const bench = new Bench().task('do', fails(new Retry()), { defaultRetryDelay: 33 });
    await bench.handle({ body: body() });
    expect(bench.payload('retried').delaySeconds).toBe(33);
  });

  it('takes other arguments and another queue where it names them', async () => {
    const bench = new Bench().task('do', fails(new Retry({ args: [2], kwargs: { a: 1 }, queue: FIFO.name })));
    await bench.handle({ body: body({ args: [1] }) });
    expect(bench.actions).toEqual(['publish to orders.fifo', 'acknowledge']);
    expect(bench.sender.published[0]?.message).toMatchObject({ args: [2], kwargs: { a: 1 } });
  });

  it('is a failure where it names a queue that is not ours: run again, it would ask for the same', async () => {
    const bench = new Bench().task('do', fails(new Retry({ queue: 'elsewhere' })));
    await bench.handle({ body: body() });
    expect(bench.actions).toEqual(['acknowledge']);
    expect(bench.payload('failed').error).toMatchObject({ code: 'SQS_CELERY_INVALID_TASK' });
  });

  it('keeps its message attributes, but not our count of hand-backs', async () => {
    const bench = new Bench().task('do', fails(new Retry()));
    const tenant = { DataType: 'String', StringValue: 'acme' };
    const CeleryHandBacks = { DataType: 'Number', StringValue: '19' };
    await bench.handle({ body: body(), messageAttributes: { tenant, CeleryHandBacks } });
    expect(bench.sender.published[0]?.options?.messageAttributes).toEqual({ tenant });
  });

  it.each([
    ['arguments that JSON cannot carry', new Retry({ args: [() => 1] })],
    ['a time beyond all dates', new Retry({ countdown: 1e12 })],
  ])('is a failure with %s', async (_what, retry) => {
    const bench = new Bench().task('do', fails(retry));
    bench.sender.failOnce = new SqsCeleryError('SQS_CELERY_ENCODE', 'cannot be encoded');
    await bench.handle({ body: body() });
    expect(bench.actions).toEqual(['acknowledge']);
    expect(bench.payload('failed').error).toBeInstanceOf(SqsCeleryError);
  });

  it('goes back to the queue it came from where its routing key is not a queue of ours', async () => {
    const bench = new Bench().task('do', fails(new Retry()));
    await bench.handle({ body: body({ queue: 'elsewhere' }) });
    expect(bench.actions).toEqual(['publish to celery', 'acknowledge']);
  });

  it.each([
    [2, 3],
    [0, 1],
    [500, null],
  ])('is made after %i retries of at most %s', async (retries, maxRetries) => {
    const bench = new Bench().task('do', fails(new Retry({ cause: new Boom('x') })), { maxRetries });
    await bench.handle({ body: body({ retries }) });
    expect(bench.actions).toEqual(['publish to celery', 'acknowledge']);
  });

  it.each([
    [3, 3],
    [0, 0],
    [4, 3],
  ])('is a failure by its cause after %i retries of at most %i', async (retries, maxRetries) => {
    const bench = new Bench().task('do', fails(new Retry({ cause: new Boom('x') })), { maxRetries });
    await bench.handle({ body: body({ retries }) });
    expect(bench.actions).toEqual(['acknowledge']);
    expect(bench.payload('failed').error).toEqual(new Boom('x'));
  });

  it('fails with MaxRetriesExceededError where no cause is given', async () => {
    const bench = new Bench().task('do', fails(new Retry()), { maxRetries: 0 });
    await bench.handle({ body: body({ id: 'task-1' }) });
    expect(bench.payload('failed').error).toMatchObject({ code: 'SQS_CELERY_MAX_RETRIES_EXCEEDED' });
  });

  it('leaves the message to come back when publishing fails', async () => {
    const bench = new Bench().task('do', fails(new Retry()));
    bench.sender.fail = new Boom('offline');
    await bench.handle({ body: body() });
    expect(bench.actions).toEqual([expect.stringMatching(/^release [1-5]$/)]);
    expect(bench.payload('settleFailed').error).toEqual(new Boom('offline'));
  });

  it('happens by itself for autoretryFor, and not for dontAutoretryFor', async () => {
    class Worse extends Boom {}
    const options = { autoretryFor: [Boom], dontAutoretryFor: [Worse], retryBackoff: 2, retryJitter: false };
    const bench = new Bench().task('do', fails(new Boom('x')), options).task('worse', fails(new Worse('y')), options);
    await bench.handle({ body: body({ retries: 2 }) });
    expect(bench.payload('retried').delaySeconds).toBe(8);
    await bench.handle({ body: body({ task: 'worse' }) });
    expect(bench.payload('failed').error).toBeInstanceOf(Worse);
  });
});

describe('a retry on a FIFO queue', () => {
  const fifoBody = (spec = {}) => body({ queue: FIFO.name, ...spec });

  it('keeps its place: the same message, out of sight for a long delay', async () => {
    const bench = new Bench().task('do', fails(new Retry({ countdown: 70 })));
    await bench.handle({ body: fifoBody(), queue: FIFO });
    expect(bench.actions).toEqual(['release 70']);
  });

  it('is waited for under its lease where that is short, as its group would spend a receive each', async () => {
    const clock = new VirtualClock();
    const bench = new Bench({ clock }).task('do', ({ retries, isLastAttempt }) => {
      bench.actions.push(`run ${retries}`);
      if (!isLastAttempt) throw new Retry({ countdown: 7 });
    });
    const handled = bench.handle({ body: fifoBody(), queue: FIFO, receivedAt: clock.monotonic() });
    await clock.advance(21_000);
    await handled;
    const attempts = [0, 1, 2].flatMap((retries) => [`run ${retries}`, 'stand aside 7']);
    expect(bench.actions).toEqual([...attempts, 'run 3', 'acknowledge']);
    expect(bench.names().filter((name) => name === 'retried')).toHaveLength(3);
  });

  it.each([
    ['of its own', { queue: withRedrive(FIFO, 6), receiveCount: 3 }],
    ['of those behind it', { queue: withRedrive(FIFO, 6), groupReceiveCount: 3 }],
  ])('is waited for under its lease, however long, where half of the receives %s are spent', async (_whose, init) => {
    const clock = new VirtualClock();
    const bench = new Bench({ clock }).task('do', ({ isLastAttempt }) => {
      if (!isLastAttempt) throw new Retry({ countdown: 300 });
    });
    const handled = bench.handle({ body: fifoBody(), ...init, receivedAt: clock.monotonic() });
    await clock.advance(900_000);
    await handled;
    expect(bench.actions.at(0)).toBe('stand aside 300');
    expect(bench.actions.at(-1)).toBe('acknowledge');
    expect(bench.actions).not.toContain('release 300');
  });

  it('is left alone when its message is taken away while it waits', async () => {
    const bench = new Bench().task('do', fails(new Retry({ countdown: 20 })));
    const delivery = bench.delivery({ body: fifoBody(), queue: FIFO });
    const handled = bench.worker.handle(delivery);
    await vi.waitUntil(() => bench.actions.length > 0);
    delivery.controller.abort(new Boom('lease lost'));
    await handled;
    expect(bench.actions).toEqual(['stand aside 20']);
  });

  it('counts its receives as retries', async () => {
    const bench = new Bench().task('do', ({ retries }) => retries);
    await bench.handle({ body: fifoBody({ retries: 1 }), queue: FIFO, receiveCount: 3 });
    expect(bench.payload('succeeded').result).toBe(3);
  });

  it('does not count the receives at which it was handed back unstarted', async () => {
    const bench = new Bench().task('do', ({ retries }) => retries);
    await bench.handle({ body: fifoBody(), queue: FIFO, receiveCount: 5, unstartedReceives: 3 });
    expect(bench.payload('succeeded').result).toBe(1);
  });

  it('does not count the receives at which it was parked for its eta', async () => {
    const bench = new Bench().task('do', ({ retries }) => retries);
    const [firstReceivedAt, eta] = [Date.now() - 10_000, new Date(Date.now() - 5_000)];
    await bench.handle({ body: fifoBody({ eta }), queue: FIFO, receiveCount: 2, firstReceivedAt });
    expect(bench.payload('succeeded').result).toBe(0);
  });

  it('is published anew when it changes the message', async () => {
    const bench = new Bench().task('do', fails(new Retry({ countdown: 1, args: [2] })));
    await bench.handle({ body: fifoBody(), queue: FIFO, messageGroupId: 'g' });
    expect(bench.actions).toEqual(['publish to orders.fifo', 'acknowledge']);
    expect(bench.sender.published[0]?.options?.messageGroupId).toBe('g');
  });

  it('fails when the redrive policy would take the next receive, and SQS keeps it for 12 hours only', async () => {
    const bench = new Bench().task('do', fails(new Retry({ cause: new Boom('x') })), { maxRetries: null });
    const receivedAt = performance.now() - 43_000_000;
    await bench.handle({ body: fifoBody(), queue: withRedrive(FIFO, 2), receiveCount: 2, receivedAt });
    expect(bench.actions).toEqual(['acknowledge']);
    expect(bench.payload('failed').error).toEqual(new Boom('x'));
  });
});

describe('Ignore and Reject', () => {
  it('Ignore deletes the message', async () => {
    const bench = new Bench().task('do', fails(new Ignore()));
    await bench.handle({ body: body() });
    expect(bench.actions).toEqual(['acknowledge']);
    expect(bench.names()).toContain('ignored');
  });

  it('Reject(requeue) gives it back after waitTimeSeconds', async () => {
    const bench = new Bench({ options: { requeueDelay: () => 12 } }).task('do', fails(new Reject({ requeue: true })));
    await bench.handle({ body: body() });
    expect(bench.actions).toEqual(['release 12']);
  });

  it('Reject moves it to the dead-letter queue', async () => {
    const bench = new Bench().task('do', fails(new Reject({ reason: 'no thanks' })));
    await bench.handle({ body: body(), queue: withRedrive(STANDARD, 5) });
    expect(bench.actions).toEqual([`send to ${DEAD_LETTERS}`, 'acknowledge']);
    expect(bench.sender.sent[0]?.message.messageAttributes).toMatchObject({
      CeleryReason: { StringValue: 'Reject' },
      CeleryError: { StringValue: 'no thanks' },
      CeleryWorker: { StringValue: 'celery@test' },
    });
  });

  it.each([
    ['no reason', undefined, '-'],
    ['characters SQS refuses', 'bell \u0007 lone \uD800', 'bell \uFFFD lone \uFFFD'],
    ['a reason without end', 'x'.repeat(100_000), 'x'.repeat(256)],
  ])('Reject moves it with %s, too', async (_what, reason, written) => {
    const bench = new Bench().task('do', fails(new Reject(reason === undefined ? {} : { reason })));
    await bench.handle({ body: body(), queue: withRedrive(STANDARD, 5) });
    expect(bench.actions).toEqual([`send to ${DEAD_LETTERS}`, 'acknowledge']);
    expect(bench.sender.sent[0]?.message.messageAttributes?.CeleryError?.StringValue).toBe(written);
  });

  it('Reject moves it without the reason where there is not room for both', async () => {
    const bench = new Bench().task('do', fails(new Reject({ reason: 'no' })));
    bench.sender.failOnce = new SqsCeleryError('SQS_CELERY_MESSAGE_TOO_LARGE', 'too large');
    await bench.handle({ body: body(), queue: withRedrive(STANDARD, 5) });
    expect(bench.actions).toEqual([`send to ${DEAD_LETTERS}`, 'acknowledge']);
    expect(bench.sender.sent[0]?.message.messageAttributes).toEqual({});
  });

  it('Reject deletes it where there is no dead-letter queue', async () => {
    const bench = new Bench().task('do', fails(new Reject()));
    await bench.handle({ body: body() });
    expect(bench.actions).toEqual(['acknowledge']);
  });

  it('Reject has no effect on a message that was acknowledged early', async () => {
    const bench = new Bench().task('do', fails(new Reject({ requeue: true })), { acksLate: false });
    await bench.handle({ body: body() });
    expect(bench.actions).toEqual(['acknowledge']);
  });
});

describe('a task that is not run', () => {
  it('is discarded when it has expired', async () => {
    const bench = new Bench().task('do', () => bench.actions.push('run'));
    await bench.handle({ body: body({ expires: new Date(Date.now() - 1000) }) });
    expect(bench.actions).toEqual(['acknowledge']);
    expect(bench.names()).toContain('expired');
  });

  it('is never run before its eta, however close that is', async () => {
    const bench = new Bench().task('do', () => Date.now());
    const eta = Date.now() + 150;
    await bench.handle({ body: body({ eta: new Date(eta) }) });
    expect(bench.payload('succeeded').result).toBeGreaterThanOrEqual(eta);
    expect(bench.actions).toEqual(['stand aside', 'acknowledge']);
  });

  it('is kept under its lease until its eta where a FIFO message may not be received again', async () => {
    const bench = new Bench().task('do', () => Date.now());
    const eta = Date.now() + 2_300;
    await bench.handle({ body: body({ eta: new Date(eta) }), queue: withRedrive(FIFO, 1) });
    expect(bench.payload('succeeded').result).toBeGreaterThanOrEqual(eta);
    expect(bench.actions).toEqual(['stand aside', 'acknowledge']);
  });

  it('is left alone when its lease is lost while it waits for a close eta', async () => {
    const bench = new Bench().task('do', () => bench.actions.push('run'));
    const delivery = bench.delivery({ body: body({ eta: new Date(Date.now() + 1_500) }) });
    const handled = bench.worker.handle(delivery);
    delivery.controller.abort(new Boom('lease lost'));
    await handled;
    expect(bench.actions).toEqual(['stand aside']);
  });

  it('is parked until its eta, or until it expires', async () => {
    const bench = new Bench().task('do', () => bench.actions.push('run'));
    await bench.handle({ body: body({ eta: new Date(Date.now() + 60_000) }) });
    await bench.handle({ body: body({ eta: new Date(Date.now() + 60_000), expires: new Date(Date.now() + 30_000) }) });
    expect(bench.actions).toEqual(['release 60', 'release 30']);
    expect(bench.names()).toEqual(['parked', 'parked']);
  });

  it('is parked for no longer than SQS allows', async () => {
    const bench = new Bench().task('do', () => undefined);
    await bench.handle({ body: body({ eta: new Date(Date.now() + 90_000_000) }) });
    expect(bench.actions).toEqual([expect.stringMatching(/^release 4319\d$/)]);
  });

  it('is published again where parking would use up its receives', async () => {
    const bench = new Bench().task('do', () => undefined);
    const message = body({ eta: new Date(Date.now() + 9_000_000) });
    await bench.handle({ body: message, queue: withRedrive(STANDARD, 2) });
    expect(bench.actions).toEqual(['send to celery', 'acknowledge']);
    expect(bench.sender.sent[0]?.message).toMatchObject({ body: message, delaySeconds: 900 });
  });

  it('fails when its worker dies each time, instead of being run for ever', async () => {
    const bench = new Bench({ options: { maxDeliveries: 4 } }).task('do', () => bench.actions.push('run'));
    await bench.handle({ body: body(), receiveCount: 5 });
    expect(bench.actions).toEqual(['acknowledge']);
    expect(bench.payload('failed').error).toMatchObject({ code: 'SQS_CELERY_WORKER_LOST' });
  });

  it('is left to a redrive policy that may exist where the attributes of its queue could not be read', async () => {
    const bench = new Bench({ options: { maxDeliveries: 4 } }).task('do', () => bench.actions.push('run'));
    const { visibilityTimeout: _unknown, ...queue } = STANDARD;
    await bench.handle({ body: body(), receiveCount: 5, queue });
    expect(bench.actions).toEqual([expect.stringMatching(/^release /)]);
  });
});

describe('a message that is not ours', () => {
  it('is handed back with a jittered delay while the receive budget allows', async () => {
    const bench = new Bench();
    await bench.handle({ body: body(), queue: withRedrive(STANDARD, 10), receiveCount: 8 });
    expect(bench.actions).toEqual([expect.stringMatching(/^release ([89]|[123]\d|40)$/)]);
    expect(bench.payload('notMine')).toMatchObject({ task: 'do', action: 'handedBack' });
  });

  it('is published again, with its hand-backs counted, before the redrive policy takes it', async () => {
    const bench = new Bench();
    const message = body();
    await bench.handle({ body: message, queue: withRedrive(STANDARD, 10), receiveCount: 9 });
    expect(bench.actions).toEqual(['send to celery', 'acknowledge']);
    expect(bench.sender.sent[0]?.message).toMatchObject({
      body: message,
      messageAttributes: { CeleryHandBacks: { StringValue: '9' } },
    });
  });

  it('is moved with the reason before the redrive policy takes it without, on a FIFO queue', async () => {
    const bench = new Bench();
    await bench.handle({ body: body(), queue: withRedrive(FIFO, 2), messageGroupId: 'g' });
    expect(bench.actions).toEqual([`send to ${DEAD_LETTERS}`, 'acknowledge']);
    expect(bench.sender.sent[0]?.message.messageAttributes?.CeleryReason?.StringValue).toBe('NotRegistered');
  });

  it('is given up after 20 hand-backs', async () => {
    const bench = new Bench();
    const messageAttributes = { CeleryHandBacks: { DataType: 'Number', StringValue: '18' } };
    await bench.handle({ body: body(), queue: withRedrive(STANDARD, 10), receiveCount: 3, messageAttributes });
    expect(bench.actions).toEqual([`send to ${DEAD_LETTERS}`, 'acknowledge']);
    expect(bench.sender.sent[0]?.message.messageAttributes?.CeleryReason?.StringValue).toBe('NotRegistered');
  });

  it.each([
    ['deadLetter', [`send to ${DEAD_LETTERS}`, 'acknowledge']],
    ['fail', ['acknowledge']],
  ] as const)('follows unknownTask: %s', async (unknownTask, actions) => {
    const bench = new Bench({ options: { unknownTask } });
    await bench.handle({ body: body(), queue: withRedrive(STANDARD, 10) });
    expect(bench.actions).toEqual(actions);
  });

  it('is moved to the dead-letter queue when nobody can run it, with its own attributes', async () => {
    const bench = new Bench();
    const messageAttributes = { tenant: { DataType: 'String', StringValue: 'acme' } };
    await bench.handle({ body: 'hello', queue: withRedrive(FIFO, 3), messageGroupId: 'g', messageAttributes });
    expect(bench.actions).toEqual([`send to ${DEAD_LETTERS}`, 'acknowledge']);
    expect(bench.sender.sent[0]?.message).toMatchObject({
      body: 'hello',
      messageGroupId: 'g',
      messageDeduplicationId: 'message-1',
      messageAttributes: { tenant: { StringValue: 'acme' }, CeleryReason: { StringValue: 'UnknownMessage' } },
    });
  });

  it('is left, out of sight for a while, where there is no dead-letter queue or it refuses', async () => {
    const bench = new Bench();
    await bench.handle({ body: 'hello' });
    bench.sender.fail = new Boom('denied');
    await bench.handle({ body: 'hello', queue: withRedrive(STANDARD, 3), receiveCount: 2 });
    expect(bench.actions).toEqual([expect.stringMatching(/^release [1-5]$/), expect.stringMatching(/^release \d+$/)]);
    expect(bench.names()).toEqual(['poison', 'settleFailed', 'poison']);
  });

  it('is deleted from a FIFO queue with poison: delete', async () => {
    const bench = new Bench({ options: { poison: 'delete' } });
    await bench.handle({ body: 'hello', queue: FIFO });
    expect(bench.actions).toEqual(['acknowledge']);
  });
});

describe('a lost lease', () => {
  it('keeps nothing of the attempt, whatever its outcome', async () => {
    const outcomes = [() => 1, fails(new Boom('x')), fails(new Retry()), fails(new Ignore()), fails(new Reject())];
    for (const end of outcomes) {
      const bench = new Bench();
      const delivery = bench.delivery({ body: body() });
      bench.task('do', () => {
        delivery.controller.abort(new Boom('lease lost'));
        return end();
      });
      await bench.worker.handle(delivery);
      expect(bench.actions).toEqual([]);
      expect(bench.names()).toEqual(['received', 'started', 'leaseLost']);
    }
  });

  it('is told to the handler by its signal', async () => {
    const bench = new Bench();
    const delivery = bench.delivery({ body: body() });
    bench.task('do', ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)));
    const handled = bench.worker.handle(delivery);
    delivery.controller.abort(new Boom('lease lost'));
    await handled;
    expect(bench.payload('leaseLost').reason).toEqual(new Boom('lease lost'));
  });
});

it('has no message to give back when a retry of an early acknowledged task cannot be published', async () => {
  const bench = new Bench().task('do', fails(new Retry()), { acksLate: false });
  bench.sender.fail = new Boom('offline');
  await bench.handle({ body: body() });
  expect(bench.actions).toEqual(['acknowledge']);
  expect(bench.payload('settleFailed').error).toEqual(new Boom('offline'));
});

it('is revoked when it was terminated while it ran, whatever it made of that', async () => {
  const clock = new VirtualClock();
  const revocations = new MemoryRevocationStore({ clock });
  const bench = new Bench({ clock, stores: { revocations } }).task('do', async ({ signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw new Error('canceled');
  });
  const handled = bench.handle({ body: body({ id: 'an-id' }) });
  await vi.waitUntil(() => bench.names().includes('started'));
  await revocations.revoke(['an-id'], { terminate: true });
  await clock.advance(5_000);
  await handled;
  expect(bench.payload('revoked').terminated).toBe(true);
  expect(bench.actions).toEqual(['acknowledge']);
});

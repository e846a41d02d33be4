import { expect, it } from 'vitest';
import { VirtualClock } from '#sqs-local';
import { createTaskMessage, stampMarks, type Revocation, type RevocationStore } from '#celery';
import { Revocations } from './revocations.js';

const LOOK_EVERY_MS = 5_000;

/** A store whose answers can be held back. */
class Store implements RevocationStore {
  readonly asked: (readonly string[])[] = [];
  readonly known = new Map<string, Revocation>();
  held: Promise<void> | undefined;

  async revoke(): Promise<void> {}

  async revoked(ids: readonly string[]): Promise<ReadonlyMap<string, Revocation>> {
    this.asked.push(ids);
    await this.held;
    return new Map([...this.known].filter(([id]) => ids.includes(id)));
  }

  async close(): Promise<void> {}
}

function task(id: string, stamps: Readonly<Record<string, unknown>> = {}) {
  const stampedHeaders = Object.keys(stamps);
  return createTaskMessage({ task: 'do', id, queue: 'celery', origin: 'gen1@test', now: 0, stamps, stampedHeaders });
}

function setUp() {
  const clock = new VirtualClock();
  const store = new Store();
  const errors: unknown[] = [];
  const revocations = new Revocations({ store, clock, onError: (error) => errors.push(error) });
  const watch = (id: string, stamps = {}) => {
    const interrupt = new AbortController();
    return { signal: interrupt.signal, end: revocations.watch(task(id, stamps), interrupt) };
  };
  return { clock, store, errors, watch, revocations };
}

it('asks once for all that are running, and for nothing when nothing is', async () => {
  const { clock, store, watch } = setUp();
  const [first, second] = [watch('a'), watch('b')];
  watch('b').end();
  await clock.advance(LOOK_EVERY_MS);
  expect(store.asked).toEqual([['a', 'b']]);
  first.end();
  second.end();
  await clock.advance(10 * LOOK_EVERY_MS);
  expect(store.asked).toHaveLength(1);
});

it('tells only those that are to be terminated', async () => {
  const { clock, store, watch } = setUp();
  store.known.set('mild', { terminate: false }).set('hard', { terminate: true });
  const [mild, hard, other] = [watch('mild'), watch('hard'), watch('other')];
  await clock.advance(LOOK_EVERY_MS);
  expect([mild, hard, other].map(({ signal }) => signal.aborted)).toEqual([false, true, false]);
  expect(hard.signal.reason).toMatchObject({ code: 'SQS_CELERY_TASK_REVOKED', reason: 'terminated' });
});

it('looks at one pace, whatever starts and ends during a look', async () => {
  const { clock, store, watch } = setUp();
  let answer = (): void => {};
  store.held = new Promise((resolve) => (answer = resolve));
  const first = watch('a');
  await clock.advance(LOOK_EVERY_MS);
  expect(store.asked).toHaveLength(1);
  first.end();
  watch('b');
  answer();
  store.held = undefined;
  await clock.advance(10 * LOOK_EVERY_MS);
  expect(store.asked).toHaveLength(11);
});

it('looks again after a look that failed', async () => {
  const { clock, store, errors, watch } = setUp();
  const failing = Promise.reject(new Error('down'));
  failing.catch(() => {});
  store.held = failing;
  const { signal } = watch('a');
  await clock.advance(LOOK_EVERY_MS);
  expect(errors).toMatchObject([{ message: 'down' }]);
  store.held = undefined;
  store.known.set('a', { terminate: true });
  await clock.advance(LOOK_EVERY_MS);
  expect(signal.aborted).toBe(true);
});

it('lets tasks start without asking a store that has just failed, and asks it again', async () => {
  const { clock, store, errors, revocations } = setUp();
  store.known.set('a', { terminate: false });
  const failing = Promise.reject(new Error('down'));
  failing.catch(() => {});
  store.held = failing;
  for (let turn = 0; turn < 10; turn += 1) expect(await revocations.find(task('a'))).toBeUndefined();
  expect(store.asked).toHaveLength(1);
  expect(errors).toHaveLength(1);
  store.held = undefined;
  await clock.advance(LOOK_EVERY_MS);
  expect(await revocations.find(task('a'))).toMatchObject({ reason: 'revoked' });
});

it('finds tasks by their stamps, with one request', async () => {
  const { store, revocations } = setUp();
  for (const mark of stampMarks({ tenant: ['a', 'b'] })) store.known.set(mark, { terminate: false });
  expect(await revocations.find(task('1', { tenant: 'a' }))).toMatchObject({ reason: 'revoked' });
  expect(await revocations.find(task('2', { tenant: ['x', 'b'], other: 'y' }))).toMatchObject({ reason: 'revoked' });
  expect(await revocations.find(task('3', { tenant: 'c', other: 'a' }))).toBeUndefined();
  expect(await revocations.find(task('4'))).toBeUndefined();
  expect(store.asked).toHaveLength(4);
});

it('terminates those that run with a stamp', async () => {
  const { clock, store, watch } = setUp();
  const [mark = ''] = stampMarks({ tenant: 'a' });
  store.known.set(mark, { terminate: true });
  const [stamped, other] = [watch('1', { tenant: 'a' }), watch('2', { tenant: 'b' })];
  await clock.advance(LOOK_EVERY_MS);
  expect([stamped.signal.aborted, other.signal.aborted]).toEqual([true, false]);
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { RedisResultStore } from '#backends';
import { systemClock, type Clock } from '#celery';
import { noRedis, startRedis, type RedisServer } from '../../backends/src/redis/redis-server.test-support.js';
import { AsyncResult, ResultBackend } from './index.js';

/** For what happens as soon as a busy machine gets to it. */
const PATIENT = 20_000;
vi.setConfig({ testTimeout: PATIENT });

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serverOf(port?: number): Promise<RedisServer> {
  const server = await startRedis(port === undefined ? {} : { port });
  closers.push(() => server.kill());
  return server;
}

function storeOf({ url }: RedisServer): RedisResultStore {
  const store = new RedisResultStore(url, { commandTimeoutMs: PATIENT });
  closers.push(() => store.close());
  return store;
}

describe.skipIf(noRedis)(`a result in Redis${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  it('is awaited through a restart of the server, even if it is stored before we are back', async () => {
    const first = await serverOf();
    const waiting = storeOf(first);
    const subscribe = vi.spyOn(waiting, 'subscribe');
    const clock = {
      ...systemClock,
      setTimeout: vi.fn<Clock['setTimeout']>((callback, ms) => systemClock.setTimeout(callback, ms)),
    };
    const backend = new ResultBackend({ results: waiting, revocations: undefined, clock });
    const got = new AsyncResult('a', { backend }).get();
    await vi.waitFor(() => expect(clock.setTimeout).toHaveBeenCalled());
    await first.kill();
    await storeOf(await serverOf(first.port)).store({
      taskId: 'a',
      status: 'SUCCESS',
      result: 'after all',
      traceback: null,
      children: null,
      dateDone: null,
    });
    const startedAt = performance.now();
    expect(await got).toBe('after all');
    // Not by the slow question that is asked in any case, 5 s after the last one at the earliest.
    expect(performance.now() - startedAt).toBeLessThan(4_500);
    expect(subscribe).toHaveBeenCalledOnce();
  });
});

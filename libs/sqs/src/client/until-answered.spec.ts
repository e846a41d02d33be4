import { getEventListeners } from 'node:events';

import { describe, expect, it } from 'vitest';

import { VirtualClock } from '#sqs-local';

import type { RequestEnd } from './request-end.js';
import { untilAnswered } from './until-answered.js';

const clock = new VirtualClock();
const limits = { clock, timeoutMs: 1000, timedOut: () => new Error('timed out') };

/** A client that ignores what it is told, but can be looked at. */
function deaf(): { end?: RequestEnd; readonly send: (end: RequestEnd) => Promise<never> } {
  const told: ReturnType<typeof deaf> = {
    send: (end) => {
      told.end = end;
      return new Promise(() => undefined);
    },
  };
  return told;
}

describe('untilAnswered', () => {
  it('returns the answer or the failure, and leaves neither timer nor listener', async () => {
    const { signal } = new AbortController();
    await expect(untilAnswered(() => Promise.resolve(1), { ...limits, signal })).resolves.toBe(1);
    const failing = untilAnswered(() => Promise.reject(new Error('no')), { ...limits, signal });
    await expect(failing).rejects.toThrow('no');
    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('gives up when its time is over, and aborts the request', async () => {
    const client = deaf();
    const { signal } = new AbortController();
    const call = untilAnswered(client.send, { ...limits, signal });
    const [, failed] = await Promise.allSettled([clock.advance(1000), call]);
    expect(failed).toMatchObject({ reason: { message: 'timed out' } });
    expect(client.end?.aborted).toBe(true);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('ends at once with the reason of the signal, and leaves no timer', async () => {
    const client = deaf();
    const controller = new AbortController();
    const call = untilAnswered(client.send, { ...limits, signal: controller.signal });
    controller.abort(new Error('stopped'));
    await expect(call).rejects.toThrow('stopped');
    expect(client.end?.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('makes no request for a signal that is aborted', async () => {
    const client = deaf();
    const call = untilAnswered(client.send, { ...limits, signal: AbortSignal.abort('stopped') });
    await expect(call).rejects.toThrow('aborted');
    expect(client.end).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });
});

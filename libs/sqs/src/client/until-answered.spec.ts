import { describe, expect, it } from 'vitest';

import { VirtualClock } from '#sqs-local';

import { RequestEnd } from './request-end.js';
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
    const end = new RequestEnd();
    await expect(untilAnswered(() => Promise.resolve(1), { ...limits, end })).resolves.toBe(1);
    const failing = untilAnswered(() => Promise.reject(new Error('no')), { ...limits, end });
    await expect(failing).rejects.toThrow('no');
    expect(clock.pendingTimers).toBe(0);
    expect(end.onabort).toBeNull();
  });

  it('gives up when its time is over, and aborts the request', async () => {
    const client = deaf();
    const end = new RequestEnd();
    const call = untilAnswered(client.send, { ...limits, end });
    const [, failed] = await Promise.allSettled([clock.advance(1000), call]);
    expect(failed).toMatchObject({ reason: { message: 'timed out' } });
    expect(client.end?.aborted).toBe(true);
    expect(end.onabort).toBeNull();
  });

  it('ends at once with the reason it is told, and leaves no timer', async () => {
    const client = deaf();
    const end = new RequestEnd();
    const call = untilAnswered(client.send, { ...limits, end });
    end.abort(new Error('stopped'));
    await expect(call).rejects.toThrow('stopped');
    expect(client.end?.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('makes no request for what has been ended', async () => {
    const client = deaf();
    const end = new RequestEnd();
    end.abort('stopped');
    const call = untilAnswered(client.send, { ...limits, end });
    await expect(call).rejects.toThrow('aborted');
    expect(client.end).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';

import { RequestEnd } from './request-end.js';

describe('RequestEnd', () => {
  it('tells who makes the request once, and keeps the first reason', () => {
    const end = new RequestEnd();
    let told = 0;
    end.onabort = () => told++;
    expect(end.aborted).toBe(false);
    end.abort('first');
    end.abort('second');
    expect(end).toMatchObject({ aborted: true, reason: 'first' });
    expect(told).toBe(1);
  });

  it('is aborted without a reason too', () => {
    const end = new RequestEnd();
    end.abort(undefined);
    expect(end).toMatchObject({ aborted: true, reason: undefined });
  });

  it.each([
    ['before it is asked for', (end: RequestEnd) => (end.abort('stopped'), end.signal)],
    [
      'after it was asked for',
      (end: RequestEnd) => {
        const { signal } = end;
        end.abort('stopped');
        return signal;
      },
    ],
  ])('aborts the platform’s signal: ended %s', (_when, abort) => {
    const end = new RequestEnd();
    expect(abort(end)).toMatchObject({ aborted: true, reason: 'stopped' });
    expect(end.signal).toBe(end.signal);
  });
});

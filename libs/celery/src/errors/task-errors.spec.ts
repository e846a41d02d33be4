import { describe, expect, it } from 'vitest';
import { SoftTimeLimitExceeded, TimeLimitExceeded } from './index.js';

describe('time limits', () => {
  it.each([TimeLimitExceeded, SoftTimeLimitExceeded])('%o says the limit, and its name once', (Limit) => {
    const error = new Limit(1.5);
    expect([error.seconds, error.message, String(error)]).toEqual([1.5, '1.5 s', `${Limit.name}: 1.5 s`]);
  });
});

import { describe, expect, it } from 'vitest';
import { FAILURE, PENDING, READY_STATES, RETRY, REVOKED, STARTED, SUCCESS } from './states.js';

describe('READY_STATES', () => {
  it('holds what nothing follows, as in Celery', () => {
    expect([SUCCESS, FAILURE, REVOKED].every((state) => READY_STATES.has(state))).toBe(true);
    expect([PENDING, STARTED, RETRY].some((state) => READY_STATES.has(state))).toBe(false);
  });
});

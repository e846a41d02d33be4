import { InvalidTaskError, createTaskMessage } from '#celery';
import { describe, expect, it } from 'vitest';
import { EtaCheck, type LongEta } from './eta-check.js';

const message = createTaskMessage({
  task: 'do',
  queue: 'celery',
  origin: 'gen1@test',
  now: Date.now(),
  countdown: 5000,
});
const queue = { name: 'celery', url: 'http://127.0.0.1/000000000000/celery', fifo: false };

function check(policy: LongEta, remaining: number, visibilityTimeout?: number): string[] {
  const warnings: string[] = [];
  const silent = (): void => undefined;
  const log = { log: silent, error: silent, debug: silent, warn: (text: string) => void warnings.push(text) };
  const etas = new EtaCheck({ policy: () => policy, log });
  const info = visibilityTimeout === undefined ? queue : { ...queue, visibilityTimeout };
  for (let time = 0; time < 2; time += 1) etas.check(message, remaining, info);
  return warnings;
}

describe('an ETA for Python workers', () => {
  it('that the queue hides for long enough, with the 15 minutes of SQS, is fine', () => {
    expect(check('warn', 900 + 30, 30)).toEqual([]);
  });

  it('beyond that is warned of, once', () => {
    expect(check('warn', 900 + 90, 30)).toEqual([expect.stringContaining('about 3 times')]);
  });

  it('is refused where its owner says so', () => {
    expect(() => check('refuse', 900 + 31, 30)).toThrow(InvalidTaskError);
  });

  it('is nobody else’s business where it is allowed', () => {
    expect(check('allow', 1_000_000, 30)).toEqual([]);
    expect(check('allow', 1_000_000)).toEqual([]);
  });

  it.each(['warn', 'refuse'] as const)('is not known to be fine without a visibility timeout (%s)', (policy) => {
    expect(check(policy, 901)).toEqual([expect.stringContaining('visibilityTimeout')]);
    expect(check(policy, 900)).toEqual([]);
  });
});

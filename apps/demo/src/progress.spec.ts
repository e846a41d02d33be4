import { describe, expect, it } from 'vitest';
import { Progress, type Verdict } from './progress.js';

const succeeded = "Task do_something[a] succeeded in 0.001s: 'done'";

/** The verdict so far. */
function verdictOf(progress: Progress): Promise<Verdict | undefined> {
  return Promise.race([progress.verdict, Promise.resolve(undefined)]);
}

describe('Progress', () => {
  it('is a success at the last of the counted successes', async () => {
    const progress = new Progress(2);
    progress.read('Task do_something[a] received');
    progress.read(succeeded);
    expect(await verdictOf(progress)).toBeUndefined();
    progress.read(`\u001b[32m${succeeded}\u001b[39m`);
    expect(await verdictOf(progress)).toBe('succeeded');
  });

  it('is a failure at the first failed task', async () => {
    const progress = new Progress(2);
    progress.read("Task do_something[a] raised unexpected: Error('no')");
    expect(await verdictOf(progress)).toBe('failed');
  });

  it('never ends by success without a count', async () => {
    const progress = new Progress(Number.POSITIVE_INFINITY);
    progress.read(succeeded);
    expect(await verdictOf(progress)).toBeUndefined();
  });
});

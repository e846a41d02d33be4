import { SoftTimeLimitExceeded, TimeLimitExceeded, type Clock } from '#celery';
import { describe, expect, it, vi } from 'vitest';
import { resolveTaskOptions } from './task-options.js';
import { Bench, STANDARD, body, withRedrive } from './worker.test-support.js';

/** A clock whose timers are run by hand. */
class ManualClock implements Clock {
  #now = Date.now();
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delayMs: number) {
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.push(timer);
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) };
  }

  get pending(): number {
    return this.#timers.length;
  }

  async advance(seconds: number): Promise<void> {
    this.#now += seconds * 1000;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { callback } of due) callback();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function bench() {
  const clock = new ManualClock();
  return { clock, bench: new Bench({ clock }) };
}

const forever = (): Promise<never> => new Promise(() => undefined);

describe('the soft time limit', () => {
  it('tells the task by its signal, and the task decides', async () => {
    const { clock, bench: bed } = bench();
    bed.task('do', ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('saved'))), {
      softTimeLimit: 10,
    });
    const handled = bed.handle({ body: body() });
    await clock.advance(10);
    await handled;
    expect(bed.payload('succeeded').result).toBe('saved');
    expect(bed.payload('softTimeLimit').seconds).toBe(10);
    expect(clock.pending).toBe(0);
  });

  it('fails the task with SoftTimeLimitExceeded where what it waited for was aborted', async () => {
    const { clock, bench: bed } = bench();
    bed.task('do', async ({ signal }) => {
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      });
    });
    const handled = bed.handle({ body: body({ timelimit: [null, 5] }) });
    await clock.advance(5);
    await handled;
    expect(bed.payload('failed').error).toEqual(new SoftTimeLimitExceeded(5));
    expect(bed.actions).toEqual(['acknowledge']);
  });
});

describe('the hard time limit', () => {
  it('fails the task, though its handler goes on, and gives the slot free when that ends', async () => {
    const { clock, bench: bed } = bench();
    const ends: (() => void)[] = [];
    bed.task('do', () => new Promise<void>((resolve) => ends.push(resolve)), { timeLimit: 60 });
    const settled = vi.fn<() => void>();
    const handled = bed.handle({ body: body() }).then(settled);
    await clock.advance(60);
    expect(bed.payload('failed').error).toEqual(new TimeLimitExceeded(60));
    expect(bed.actions).toEqual(['acknowledge']);
    expect(settled).not.toHaveBeenCalled();
    ends.forEach((end) => end());
    await handled;
    expect(bed.names()).not.toContain('zombie');
    expect(clock.pending).toBe(0);
  });

  it('does not wait for ever for a handler that never ends', async () => {
    const { clock, bench: bed } = bench();
    bed.task('do', forever, { timeLimit: 60 });
    const handled = bed.handle({ body: body() });
    await clock.advance(60);
    await clock.advance(30);
    await handled;
    expect(bed.names()).toEqual(['received', 'started', 'timeLimit', 'failed', 'zombie']);
  });

  it('of the message wins over that of the task', async () => {
    const { clock, bench: bed } = bench();
    bed.task('do', forever, { timeLimit: 60 });
    const handled = bed.handle({ body: body({ timelimit: [1, null] }) });
    await clock.advance(1);
    expect(bed.payload('timeLimit').seconds).toBe(1);
    await clock.advance(30);
    await handled;
  });

  it('leaves the message to the redrive policy with acksOnTimeout: false', async () => {
    const { clock, bench: bed } = bench();
    bed.task('do', forever, { timeLimit: 1, acksOnTimeout: false });
    const handled = bed.handle({ body: body(), queue: withRedrive(STANDARD, 3) });
    await clock.advance(1);
    expect(bed.actions).toEqual([expect.stringMatching(/^release [1-5]$/)]);
    await clock.advance(30);
    await handled;
  });
});

it('sets no timer for a task without limits', async () => {
  const { clock, bench: bed } = bench();
  let pending = -1;
  bed.task('do', () => (pending = clock.pending));
  await bed.handle({ body: body() });
  expect(pending).toBe(0);
});

it('leaves a failure to the redrive policy with acksOnFailure: false', async () => {
  const { bench: bed } = bench();
  bed.task('do', () => Promise.reject(new Error('no')), { acksOnFailure: false });
  await bed.handle({ body: body(), queue: withRedrive(STANDARD, 3) });
  expect(bed.actions).toEqual([expect.stringMatching(/^release [1-5]$/)]);
  expect(bed.names()).toContain('failed');
});

describe('a task that runs elsewhere', () => {
  /** Waits for its place, and for somebody to end it. */
  function elsewhere() {
    const { clock, bench: bed } = bench();
    const ended: string[] = [];
    let begin = (): void => {};
    let end = (_error: Error): void => {};
    bed.registry.add({
      name: 'do',
      options: resolveTaskOptions({ timeLimit: 10, softTimeLimit: 5 }),
      run: () => new Promise((_resolve, reject) => (end = reject)),
      begun: () => new Promise((resolve) => (begin = resolve)),
      terminate: ({ id }) => {
        ended.push(id);
        end(new Error('terminated'));
      },
    });
    return { clock, bed, ended, begin: () => begin(), fail: (error: Error) => end(error) };
  }

  it('is limited from its beginning on, and ended by force after the hard limit', async () => {
    const { clock, bed, ended, begin } = elsewhere();
    const handled = bed.handle({ body: body({ id: 'a' }) });
    await clock.advance(20);
    expect([bed.names(), clock.pending]).toEqual([['received', 'started'], 0]);
    begin();
    await clock.advance(0);
    await clock.advance(5);
    expect(ended).toEqual([]);
    await clock.advance(5);
    await handled;
    expect(ended).toEqual(['a']);
    expect(bed.payload('timeLimit').seconds).toBe(10);
    expect(bed.names()).not.toContain('zombie');
    expect(clock.pending).toBe(0);
  });

  it('needs no limits where it never begins', async () => {
    const { clock, bed, fail } = elsewhere();
    const handled = bed.handle({ body: body() });
    await clock.advance(1);
    fail(new Error('no place'));
    await handled;
    expect(bed.payload('failed').error).toEqual(new Error('no place'));
    expect(clock.pending).toBe(0);
  });
});

import { VirtualClock } from '#sqs-local';
import { describe, expect, it, vi } from 'vitest';
import type { TaskOptions } from '../task-options.js';
import { Bench, FIFO, body, withRedrive, STANDARD } from '../worker.test-support.js';

/** Runs of a task that end when they are told to. */
class Runs {
  readonly ends: (() => void)[] = [];
  most = 0;
  #now = 0;

  readonly run = async (): Promise<void> => {
    this.#now += 1;
    this.most = Math.max(this.most, this.#now);
    await new Promise<void>((resolve) => this.ends.push(resolve));
    this.#now -= 1;
  };
}

function startAll(bench: Bench, count: number): Promise<void>[] {
  return Array.from({ length: count }, () => bench.worker.handle(bench.delivery({ body: body() })));
}

describe("a task's cap on concurrency", () => {
  it('lets so many run, and the others after them, without a slot meanwhile', async () => {
    const runs = new Runs();
    const bench = new Bench().task('do', runs.run, { concurrency: 2 });
    const handled = startAll(bench, 5);
    for (let ended = 0; ended < 5; ended += 1) {
      await vi.waitUntil(() => runs.ends.length > ended);
      runs.ends[ended]?.();
    }
    await Promise.all(handled);
    expect(runs.most).toBe(2);
    expect(bench.actions.filter((action) => action === 'stand aside')).toHaveLength(3);
    expect(bench.actions.filter((action) => action === 'acknowledge')).toHaveLength(5);
  });

  it('sends messages back where too many wait already', async () => {
    const runs = new Runs();
    const bench = new Bench().task('do', runs.run, { concurrency: 1 });
    const [running] = startAll(bench, 1);
    await vi.waitUntil(() => runs.ends.length === 1);
    const crowded = bench.delivery({ body: body() });
    crowded.mayStandAside = false;
    await bench.worker.handle(crowded);
    expect(bench.payload('postponed').reason).toBe('concurrency');
    expect(bench.actions).toEqual([expect.stringMatching(/^release \d+$/)]);
    runs.ends[0]?.();
    await running;
  });

  it('keeps FIFO messages however many wait, as they would lose their place', async () => {
    const runs = new Runs();
    const bench = new Bench().task('do', runs.run, { concurrency: 1 });
    const [running] = startAll(bench, 1);
    await vi.waitUntil(() => runs.ends.length === 1);
    const crowded = bench.delivery({ body: body(), queue: withRedrive(FIFO, 3) });
    crowded.mayStandAside = false;
    const handled = bench.worker.handle(crowded);
    runs.ends[0]?.();
    await running;
    await vi.waitUntil(() => runs.ends.length === 2);
    runs.ends[1]?.();
    await handled;
    expect(bench.names()).not.toContain('postponed');
  });

  it('loses no permit with a message that is taken away', async () => {
    const runs = new Runs();
    const bench = new Bench().task('do', runs.run, { concurrency: 1 });
    const [running] = startAll(bench, 1);
    await vi.waitUntil(() => runs.ends.length === 1);
    const lost = bench.delivery({ body: body() });
    const handled = bench.worker.handle(lost);
    lost.controller.abort(new Error('lease lost'));
    runs.ends[0]?.();
    await Promise.all([running, handled]);
    const [next] = startAll(bench, 1);
    await vi.waitUntil(() => runs.ends.length === 2);
    runs.ends[1]?.();
    await next;
    expect(runs.most).toBe(1);
  });
});

describe('the cap of the threads', () => {
  it('is shared by all tasks that run in them, and by no others', async () => {
    const runs = new Runs();
    const bench = new Bench({ options: { threads: 2 } });
    bench.task('do', runs.run, { pool: 'threads', concurrency: 2 }).task('compute', runs.run, { pool: 'threads' });
    bench.task('wait', () => bench.actions.push('run'));
    const handled = [
      ...startAll(bench, 1),
      ...['compute', 'compute', 'wait'].map((task) => bench.worker.handle(bench.delivery({ body: body({ task }) }))),
      ...startAll(bench, 1),
    ];
    for (let ended = 0; ended < 4; ended += 1) {
      await vi.waitUntil(() => runs.ends.length > ended);
      runs.ends[ended]?.();
    }
    await Promise.all(handled);
    expect(runs.most).toBe(2);
    expect(bench.actions.filter((action) => action === 'stand aside')).toHaveLength(2);
    expect(bench.actions).toContain('run');
  });

  it('loses no permit where a task with a cap of its own waits for a thread in vain', async () => {
    const runs = new Runs();
    const bench = new Bench({ options: { threads: 1 } });
    bench.task('do', runs.run, { pool: 'threads' }).task('capped', runs.run, { pool: 'threads', concurrency: 1 });
    const [running] = startAll(bench, 1);
    await vi.waitUntil(() => runs.ends.length === 1);
    const lost = bench.delivery({ body: body({ task: 'capped' }) });
    const handled = bench.worker.handle(lost);
    lost.controller.abort(new Error('lease lost'));
    await handled;
    runs.ends[0]?.();
    await running;
    const next = bench.worker.handle(bench.delivery({ body: body({ task: 'capped' }) }));
    await vi.waitUntil(() => runs.ends.length === 2);
    runs.ends[1]?.();
    await next;
    expect(runs.most).toBe(1);
  });
});

describe("a task's rate limit", () => {
  const rated = (rateLimit: TaskOptions['rateLimit']) => {
    const clock = new VirtualClock();
    const starts: number[] = [];
    const bench = new Bench({ clock }).task('do', () => starts.push(clock.monotonic()), {
      rateLimit: rateLimit ?? null,
    });
    return { clock, starts, bench };
  };

  it('spaces the starts out', async () => {
    const { clock, starts, bench } = rated('2/s');
    const handled = Promise.all(startAll(bench, 4));
    await clock.advance(1_500);
    await handled;
    expect(starts.map((at) => Math.round((at - (starts[0] ?? 0)) / 500))).toEqual([0, 1, 2, 3]);
  });

  it('sends messages back whose turn is far away, one interval after the other', async () => {
    const { bench } = rated('1/m');
    await Promise.all(startAll(bench, 4));
    const delays = bench.recorded.flatMap(({ event, payload }) =>
      event === 'postponed' && 'delaySeconds' in payload ? [payload.delaySeconds] : [],
    );
    expect(delays).toEqual([60, 120, 180]);
  });

  it('publishes them again where another receive might be the last', async () => {
    const { bench } = rated('1/m');
    const messages = [1, 2].map(() =>
      bench.delivery({ body: body(), queue: withRedrive(STANDARD, 3), receiveCount: 2 }),
    );
    await Promise.all(messages.map((delivery) => bench.worker.handle(delivery)));
    expect(bench.actions).toContain('send to celery');
    expect(bench.sender.sent[0]?.message.messageAttributes).toMatchObject({
      CeleryEarlierReceives: { StringValue: '1' },
    });
  });
});

describe('the admission hook', () => {
  it('is asked until it lets the task start', async () => {
    const clock = new VirtualClock();
    const answers = [2, false, true];
    const bench = new Bench({ clock, options: { admission: () => answers.shift() ?? true } }).task('do', () => 1);
    const handled = bench.handle({ body: body() });
    await clock.advance(10_000);
    await handled;
    expect(answers).toEqual([]);
    expect(bench.actions).toEqual(['stand aside', 'stand aside', 'acknowledge']);
  });

  it('sends messages back that it does not want for long', async () => {
    const bench = new Bench({ options: { admission: () => 300 } }).task('do', () => 1);
    await bench.handle({ body: body() });
    expect(bench.actions).toEqual(['release 300']);
    expect(bench.payload('postponed').reason).toBe('admission');
  });

  it('that throws is reported, and asked again', async () => {
    const clock = new VirtualClock();
    let asked = 0;
    const admission = (): boolean => {
      asked += 1;
      if (asked === 1) throw new Error('down');
      return true;
    };
    const bench = new Bench({ clock, options: { admission } }).task('do', () => 1);
    const handled = bench.handle({ body: body() });
    await clock.advance(5_000);
    await handled;
    expect(bench.payload('hookFailed').error).toEqual(new Error('down'));
    expect(bench.names()).toContain('succeeded');
  });

  it('is not asked for a task that expired meanwhile', async () => {
    const clock = new VirtualClock();
    const bench = new Bench({ clock, options: { admission: () => (clock.now() > begun + 4_000 ? true : 5) } });
    bench.task('do', () => bench.actions.push('run'));
    const begun = clock.now();
    const handled = bench.handle({ body: body({ expires: new Date(begun + 2_000), now: begun }) });
    await clock.advance(6_000);
    await handled;
    expect(bench.names()).toEqual(['expired']);
    expect(bench.actions).toEqual(['stand aside', 'acknowledge']);
  });
});

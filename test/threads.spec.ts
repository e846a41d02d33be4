import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { Injectable } from '@nestjs/common';
import { Decimal, Task, type SendOptions } from 'nestjs-sqs-celery';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startApp, until, type RunningApp } from './nest.test-support.js';
import { startVirtualApp } from './support/virtual-app.js';
import { WorkerProcess } from './support/worker-process.js';

/** A line that the fixture wrote: a stored state, or what a handler says. */
type Mark = Readonly<Record<string, unknown>>;

/** A worker whose tasks run in two threads, and an application that sends to it. */
class ThreadsFleet {
  private constructor(
    readonly producer: RunningApp,
    readonly worker: WorkerProcess,
    readonly folder: string,
  ) {}

  static async start(env: NodeJS.ProcessEnv = {}): Promise<ThreadsFleet> {
    const folder = await mkdtemp(join(tmpdir(), 'threads-'));
    const producer = await startApp({ options: { worker: false, queues: ['celery'] } });
    try {
      const worker = await WorkerProcess.start({
        fixture: 'threads-worker',
        endpoint: producer.sqs.endpoint,
        env: { MARK_FILE: join(folder, 'marks'), ...env },
      });
      return new ThreadsFleet(producer, worker, folder);
    } catch (error) {
      await producer[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.worker.end('SIGKILL');
    await this.producer[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true });
  }

  async marks(): Promise<Mark[]> {
    const text = await readFile(join(this.folder, 'marks'), 'utf8').catch(() => '');
    // The last line may be half written.
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Mark);
  }

  /** Resolves to the first line that fits. */
  async mark(fits: (mark: Mark, marks: readonly Mark[]) => boolean): Promise<Mark> {
    let found: Mark | undefined;
    let looking: Promise<unknown> = Promise.resolve();
    const look = async (): Promise<void> => {
      const marks = await this.marks();
      found = marks.find((mark) => fits(mark, marks));
    };
    await until(
      () => {
        looking = looking.then(look);
        return found !== undefined;
      },
      `a line among:\n${this.worker.output}`,
      20_000,
    );
    await looking;
    return found!;
  }

  async send(task: string, options: SendOptions = {}): Promise<string> {
    return (await this.producer.tasks.send(task, options)).id;
  }

  /** Resolves to what is stored of the task in the end. */
  async end(id: string): Promise<Mark> {
    return this.mark(({ taskId, status }) => taskId === id && (status === 'SUCCESS' || status === 'FAILURE'));
  }

  async run(task: string, options: SendOptions = {}): Promise<Mark> {
    return this.end(await this.send(task, options));
  }
}

async function startFleet(env?: NodeJS.ProcessEnv): Promise<ThreadsFleet> {
  const fleet = await ThreadsFleet.start(env);
  onTestFinished(() => fleet.close());
  return fleet;
}

const blocks = (mark: Mark): boolean => 'blocks' in mark;

describe("pool: 'threads'", () => {
  let fleet: ThreadsFleet;
  beforeAll(async () => {
    fleet = await ThreadsFleet.start({ LEASE: '3' });
  });
  afterAll(() => fleet.close());

  it('runs a task in the application of a thread, with what it injects', async () => {
    const id = await fleet.send('where');
    const { result } = await fleet.end(id);
    expect(result).toMatchObject({ main: false, greeting: 'hello', task: id });
    expect((await fleet.run('here')).result).toBe(true);
  });

  it('gives request-scoped providers the task', async () => {
    const id = await fleet.send('scoped');
    expect((await fleet.end(id)).result).toBe(`false ${id}`);
  });

  it('runs guards and pipes', async () => {
    expect(await fleet.run('validated', { args: [{ count: 3 }] })).toMatchObject({ status: 'SUCCESS', result: 3 });
    expect((await fleet.run('validated', { args: [{ count: 'x' }] })).result).toMatchObject({
      excType: 'BadRequestException',
      excMessage: ['count must be an integer number'],
    });
    expect((await fleet.run('where', { headers: { denied: true } })).result).toMatchObject({
      excType: 'ForbiddenException',
    });
  });

  it('keeps the types of values in both directions', async () => {
    expect((await fleet.run('echo', { args: [new Decimal('1.10')] })).result).toEqual({ decimal: '1.10' });
    expect((await fleet.run('echo', { args: [{ deep: [1, null, 'é'] }] })).result).toEqual({ deep: [1, null, 'é'] });
  });

  it('sends tasks, which are its children', async () => {
    const { children } = await fleet.run('send');
    expect(children).toEqual([[[expect.any(String), null], null]]);
  });

  it('updates its state', async () => {
    const id = await fleet.send('update');
    await fleet.end(id);
    const states = (await fleet.marks()).filter(({ taskId }) => taskId === id);
    expect(states).toMatchObject([{ status: 'PROGRESS', result: { done: '0.50' } }, { status: 'SUCCESS' }]);
  });

  it('ends with control flow as it would in the main thread', async () => {
    expect((await fleet.run('replace')).result).toBe('replaced');
    expect((await fleet.run('end', { args: ['retry'] })).result).toBe('ended after 1 retries');
    await fleet.send('end', { args: ['ignore'] });
    await until(() => /Task end\[.*\] ignored/.test(fleet.worker.output), 'an ignored task');
    const rejected = await fleet.run('end', { args: ['reject'] });
    expect(rejected).toMatchObject({
      status: 'FAILURE',
      result: { excType: 'Reject', excModule: 'celery.exceptions' },
    });
  });

  it('says what was thrown, with the stack of the thread', async () => {
    const failed = await fleet.run('end', { args: ['fail'] });
    expect(failed.result).toEqual({ excType: 'ValueError', excMessage: ['too far'], excModule: 'builtins' });
    expect(failed.traceback).toMatch(/RangeError: too far\n\s+at ThreadTasks\.end .*threads\.module/);
  });

  it("judges errors where their classes are: 'throws' and 'autoretryFor'", async () => {
    expect((await fleet.run('end', { args: ['expected'] })).result).toMatchObject({ excType: 'Expected' });
    expect(fleet.worker.output).toMatch(/Task end\[.*\] raised expected: Expected\('as usual'\)/);
    const id = await fleet.send('end', { args: ['flaky'] });
    expect((await fleet.end(id)).result).toMatchObject({ excType: 'Flaky' });
    const states = (await fleet.marks()).filter(({ taskId }) => taskId === id).map(({ status }) => status);
    expect(states).toEqual(['RETRY', 'FAILURE']);
  });

  it('fails with a result that has no form in JSON', async () => {
    expect((await fleet.run('end', { args: ['unencodable'] })).result).toMatchObject({ excType: 'EncodeError' });
  });

  it('passes the soft time limit on', async () => {
    expect((await fleet.run('listen', { softTimeLimit: 0.2 })).result).toMatchObject({
      excType: 'SoftTimeLimitExceeded',
      excModule: 'billiard.exceptions',
    });
    expect(await fleet.mark((mark) => 'heard' in mark)).toEqual({ heard: 'SoftTimeLimitExceeded' });
  });

  it('ends a thread that computes past its hard time limit, after the soft one, and leaves others alone', async () => {
    const other = await fleet.send('block', { args: [3_000] });
    const limited = await fleet.run('block', { timeLimit: 1, softTimeLimit: 0.5 });
    expect(limited.result).toMatchObject({ excType: 'TimeLimitExceeded', excMessage: [1] });
    expect(await fleet.end(other)).toMatchObject({ status: 'SUCCESS', result: 'unblocked' });
    expect((await fleet.run('where')).result).toMatchObject({ main: false });
    expect(fleet.worker.output).not.toContain('still runs long after');
  });

  it('keeps the lease of a task that computes for longer', async () => {
    const before = (await fleet.marks()).filter(blocks).length;
    const { result } = await fleet.run('block', { args: [5_000] });
    expect(result).toBe('unblocked');
    expect((await fleet.marks()).filter(blocks)).toHaveLength(before + 1);
  });

  it('ends the thread of a task that is revoked', async () => {
    const before = (await fleet.marks()).filter(blocks).length;
    const id = await fleet.send('block');
    await until(() => fleet.worker.output.includes(`Task block[${id}] received`), 'the task');
    await fleet.mark((_mark, marks) => marks.filter(blocks).length > before);
    await fleet.run('revoke', { args: [id] });
    await fleet.mark(({ taskId, status }) => taskId === id && status === 'REVOKED');
    expect((await fleet.run('where')).result).toMatchObject({ main: false });
  });

  it.each(['exit', 'memory'])('fails a task whose thread dies (%s), and leaves others alone', async (how) => {
    const other = await fleet.send('block', { args: [2_000] });
    const crashed = await fleet.run('crash', { args: [how] });
    expect(crashed.result).toMatchObject({ excType: 'WorkerLostError', excModule: 'billiard.exceptions' });
    expect(await fleet.end(other)).toMatchObject({ status: 'SUCCESS' });
    expect((await fleet.run('where')).result).toMatchObject({ main: false });
  });

  it('begins no more tasks than there are threads, and their time limits when they begin', async () => {
    // One of the threads has to start its application first.
    await fleet.run('crash', { args: ['exit'] });
    const ids = await Promise.all([1, 2, 3, 4].map(() => fleet.send('block', { args: [300], timeLimit: 0.6 })));
    const ends = await Promise.all(ids.map((id) => fleet.end(id)));
    expect(ends.map(({ result }) => result)).toEqual(['unblocked', 'unblocked', 'unblocked', 'unblocked']);
  });
});

describe('the end of the application', () => {
  it('waits for tasks in threads, and closes the applications there', async () => {
    const fleet = await startFleet();
    const id = await fleet.send('block', { args: [1_000] });
    await fleet.mark(blocks);
    await fleet.worker.end('SIGTERM');
    expect(await fleet.end(id)).toMatchObject({ status: 'SUCCESS' });
    const closed = (await fleet.marks()).filter((mark) => 'closed' in mark);
    expect(closed).toContainEqual({ closed: 'thread' });
    expect(closed.at(-1)).toEqual({ closed: 'main' });
  });

  it('comes in time whatever threads do, and their messages go back', async () => {
    const fleet = await startFleet({ TIMEOUT_MS: '1000' });
    await fleet.send('block');
    await fleet.mark(blocks);
    await fleet.worker.end('SIGTERM');
    expect(fleet.producer.sqs.queue('celery').messages).toMatchObject([{ state: 'visible', receiveCount: 1 }]);
  });
});

it('does not start where a thread would not know the tasks', async () => {
  await expect(startFleet({ MODULE: 'OtherModule' })).rejects.toThrow(/OtherModule of file:.* has no task 'block'/);
  await expect(startFleet({ MODULE: 'NoModule' })).rejects.toThrow(
    /does not start in a thread: Error: it exports no module NoModule, but Order, OtherModule, ThreadsModule/,
  );
});

describe('without a pool of threads', () => {
  @Injectable()
  class Tasks {
    readonly ran: boolean[] = [];

    @Task('compute', { pool: 'threads' })
    compute(): void {
      this.ran.push(isMainThread);
    }
  }

  it('does not start', async () => {
    await expect(startApp({ providers: [Tasks] })).rejects.toThrow(
      /@Task on Tasks\.compute .*: pool: 'threads' needs the option threads of SqsCeleryModule/,
    );
    await expect(startApp({ options: { taskDefaults: { pool: 'threads' } } })).rejects.toThrow(
      "taskDefaults: pool: 'threads' needs the option threads",
    );
    const wrong = { pool: 'prefork' } as never;
    await expect(startApp({ options: { taskDefaults: wrong } })).rejects.toThrow("'pool' must be 'main' or 'threads'");
  });

  it('runs the task in this thread on a clock that is turned by hand', async () => {
    const threads = { module: new URL('file:///nowhere.js') };
    await using running = await startVirtualApp({ providers: [Tasks], options: { threads } });
    await running.tasks.send('compute');
    await running.clock.settle();
    expect(running.app.get(Tasks).ran).toEqual([isMainThread]);
  });
});

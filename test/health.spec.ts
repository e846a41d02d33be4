import { DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Injectable } from '@nestjs/common';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  NotConnectedError,
  SqsCeleryHealth,
  SqsCeleryHealthIndicator,
  SqsCeleryModule,
  Task,
  TaskContext,
  TaskRequest,
  WorkerControl,
  type HealthReport,
} from 'nestjs-sqs-celery';
import { LocalSqs, type FaultRule } from 'nestjs-sqs-celery/testing';
import { localOptions, startApp, until, type AppSetUp, type RunningApp } from './nest.test-support.js';
import { startVirtualApp, type VirtualApp } from './support/virtual-app.js';

/** Ends a running task when it is told to. */
class Gate {
  release = (): void => {};
  readonly opened = new Promise<void>((resolve) => {
    this.release = resolve;
  });
}

let gate: Gate;
const started: string[] = [];
beforeEach(() => {
  gate = new Gate();
  started.length = 0;
});

@Injectable()
class Tasks {
  @Task('gated')
  async gated(@TaskContext() task: TaskRequest): Promise<void> {
    started.push(task.id);
    await gate.opened;
  }

  @Task('stuck', { timeLimit: 5 })
  async stuck(): Promise<void> {
    started.push('stuck');
    await gate.opened;
  }

  @Task('blocking')
  blocking(): void {
    started.push('blocking');
    const end = performance.now() + 700;
    while (performance.now() < end);
  }
}

const check = ({ app }: RunningApp, probe?: 'liveness' | 'readiness'): HealthReport =>
  app.get(SqsCeleryHealth).check(probe);

const problems = (running: RunningApp, probe?: 'liveness' | 'readiness'): readonly string[] =>
  check(running, probe).details.problems;

const celeryQueue = (running: RunningApp) => check(running).details.connections['default']?.queues['celery'];

/** Lets time pass until `condition` holds. */
async function advanceUntil({ clock }: VirtualApp, condition: () => boolean, what: string): Promise<void> {
  for (let seconds = 0; !condition(); seconds += 5) {
    if (seconds > 1200) throw new Error(`${what} did not come to hold in 20 minutes`);
    await clock.advance(5000);
  }
}

describe('a worker', () => {
  it('is up, and shows what it does', async () => {
    await using running = await startApp({ providers: [Tasks] });
    expect(check(running)).toMatchObject({ status: 'up', details: { probe: 'readiness', problems: [] } });
    const { id } = await running.tasks.send('gated');
    await until(() => started.includes(id), 'the task');
    await until(() => celeryQueue(running)?.lastPollSeconds !== undefined, 'a poll');
    for (const probe of ['liveness', 'readiness'] as const) {
      expect(check(running, probe)).toEqual({
        status: 'up',
        details: {
          probe,
          problems: [],
          draining: false,
          loopLagMs: expect.any(Number),
          connections: {
            default: {
              connected: true,
              queues: {
                celery: { mode: 'running', running: 1, waiting: 0, failures: 0, lastPollSeconds: expect.any(Number) },
              },
              oldestTask: { task: 'gated', id, seconds: expect.any(Number) },
            },
          },
        },
      });
    }
    gate.release();
    await until(() => check(running).details.connections['default']?.oldestTask === undefined, 'the end of the task');
  });

  it('is up while a queue is paused, or every slot is taken', async () => {
    await using running = await startVirtualApp({ providers: [Tasks], options: { concurrency: 1 } });
    await running.tasks.send('gated');
    await until(() => started.length === 1, 'the task');
    await running.clock.advance(600_000);
    expect(check(running)).toMatchObject({ status: 'up' });
    expect(celeryQueue(running)?.lastPollSeconds).toBeGreaterThan(500);
    gate.release();
    await running.app.get(WorkerControl).pause();
    expect(check(running)).toMatchObject({ status: 'up' });
    expect(celeryQueue(running)?.mode).toBe('paused');
  });

  it.each<[string, FaultRule, string]>([
    [
      'expired credentials',
      { how: 'error', code: 'com.amazon.coral.service#ExpiredTokenException', status: 403 },
      'credentials \\(ExpiredTokenException\\), 1 times in a row',
    ],
    [
      'a lost permission',
      { how: 'error', code: 'AccessDenied', status: 403 },
      'refused \\(AccessDenied\\), 1 times in a row',
    ],
    [
      'an endpoint that never answers',
      { how: 'hang' },
      'unreachable \\(SQS_CELERY_REQUEST_TIMED_OUT\\), \\d times in a row',
    ],
    ['an endpoint that is down', { how: 'drop' }, 'unreachable \\(\\w+\\), 3 times in a row'],
    [
      'throttling',
      { how: 'error', code: 'RequestThrottled', status: 400 },
      'throttled \\(RequestThrottled\\), 3 times in a row',
    ],
    [
      'a failing service',
      { how: 'error', code: 'ServiceUnavailable', status: 503 },
      'failing \\(ServiceUnavailable\\), 3 times in a row',
    ],
  ])('is not ready with %s, and is again once that is over; a restart would not help', async (_, rule, why) => {
    await using running = await startVirtualApp({ providers: [Tasks] });
    await advanceUntil(running, () => celeryQueue(running)?.lastPollSeconds !== undefined, 'a poll');
    running.sqs.fail({ ...rule, action: 'ReceiveMessage', times: Infinity });
    await advanceUntil(running, () => check(running).status === 'down', 'down');
    expect(problems(running)).toEqual([expect.stringMatching(`^Queue celery cannot be polled: ${why}$`)]);
    await running.clock.advance(600_000);
    expect(check(running, 'readiness').status).toBe('down');
    expect(check(running, 'liveness').status).toBe('up');
    running.sqs.clearFaults();
    await advanceUntil(running, () => check(running).status === 'up', 'up');
  });

  it('bears a failure or two that may pass by themselves', async () => {
    await using running = await startVirtualApp({ providers: [Tasks] });
    await advanceUntil(running, () => celeryQueue(running)?.lastPollSeconds !== undefined, 'a poll');
    running.sqs.fail({ how: 'error', code: 'ServiceUnavailable', status: 503, action: 'ReceiveMessage', times: 1 });
    await advanceUntil(running, () => running.log.text().includes('ServiceUnavailable'), 'the failure');
    expect(check(running).status).toBe('up');
  });

  it('is not ready where its queue was deleted', async () => {
    await using running = await startVirtualApp({ providers: [Tasks] });
    const client = new SQSClient(localOptions(running.sqs).clientConfig ?? {});
    await client.send(new DeleteQueueCommand({ QueueUrl: running.sqs.queueUrl('celery') }));
    client.destroy();
    await advanceUntil(running, () => check(running).status === 'down', 'down');
    expect(problems(running)).toEqual([
      expect.stringMatching(/^Queue celery cannot be polled: refused \(.*NonExist|QueueDoesNotExist/),
    ]);
  });

  it('is not ready while it drains and afterwards, and is not to be restarted for it', async () => {
    const running = await startApp({ providers: [Tasks] });
    const health = running.app.get(SqsCeleryHealth);
    await running.tasks.send('gated');
    await until(() => started.length === 1, 'the task');
    const closing = running[Symbol.asyncDispose]();
    await until(() => health.check().details.draining, 'the drain');
    expect(health.check()).toMatchObject({
      status: 'down',
      details: { problems: ['The application is closing: nothing is received any more'] },
    });
    expect(health.check().details.connections['default']?.queues['celery']).toMatchObject({
      mode: 'stopping',
      running: 1,
    });
    expect(health.check('liveness').status).toBe('up');
    gate.release();
    await closing;
    expect(health.check()).toMatchObject({
      status: 'down',
      details: { connections: { default: { connected: false } } },
    });
    await expect(health.depths()).rejects.toThrow(NotConnectedError);
  });

  it('is to be restarted where a handler runs on long after its hard time limit, until it ends', async () => {
    await using running = await startVirtualApp({ providers: [Tasks] });
    const { id } = await running.tasks.send('stuck');
    await until(() => started.length === 1, 'the task');
    await running.clock.advance(6000);
    expect(check(running, 'liveness').status).toBe('up');
    await advanceUntil(running, () => check(running, 'liveness').status === 'down', 'down');
    expect(problems(running, 'liveness')).toEqual([
      expect.stringMatching(`^Task stuck\\[${id}\\] has run for \\d+ s, long after its hard time limit`),
    ]);
    expect(check(running, 'readiness').status).toBe('up');
    gate.release();
    await until(() => check(running, 'liveness').status === 'up', 'up');
  });

  it('shows that its event loop was blocked', async () => {
    await using running = await startApp({ providers: [Tasks], options: { lease: 5 } });
    const lags: number[] = [];
    await running.tasks.send('blocking');
    await until(() => started.length === 1, 'the task');
    await until(() => {
      lags.push(check(running).details.loopLagMs);
      return Math.max(...lags) > 100;
    }, 'the lag');
    expect(check(running, 'liveness').status).toBe('up');
    await until(() => check(running).details.loopLagMs < 100, 'a loop that turns again');
  });
});

describe('several connections', () => {
  let eu: LocalSqs;
  beforeEach(async () => {
    eu = await LocalSqs.start();
  });
  afterEach(() => eu.close());

  it('are shown one by one, and named in what is wrong', async () => {
    @Injectable()
    class European {
      @Task('there', { connection: 'eu' })
      there(): void {}
    }
    const imports = [SqsCeleryModule.forRoot(localOptions(eu, { name: 'eu', queues: ['orders'] }))];
    await using running = await startApp({ imports, providers: [Tasks, European] });
    eu.fail({ how: 'error', code: 'InvalidClientTokenId', status: 403, action: 'ReceiveMessage', times: Infinity });
    await running.app.get(WorkerControl).pause();
    eu.queueNames();
    await running.app.get<WorkerControl>('WorkerControl:eu').pause();
    running.app.get<WorkerControl>('WorkerControl:eu').resume();
    await until(() => check(running).status === 'down', 'down');
    expect(problems(running)).toEqual([
      'Queue orders of connection eu cannot be polled: credentials (InvalidClientTokenId), 1 times in a row',
    ]);
    expect(Object.keys(check(running).details.connections).toSorted()).toEqual(['default', 'eu']);
  });
});

describe('an application that only sends', () => {
  const producer: AppSetUp = { options: { worker: false, queues: ['celery', 'reports'] } };

  it('is up between start and end', async () => {
    await using running = await startApp(producer);
    expect(check(running)).toEqual({
      status: 'up',
      details: {
        probe: 'readiness',
        problems: [],
        draining: false,
        loopLagMs: 0,
        connections: { default: { connected: true, queues: {} } },
      },
    });
  });

  it('is not ready before the start', async () => {
    let before: HealthReport | undefined;
    await using _ = await startApp({
      ...producer,
      before: async (app) => {
        before = app.get(SqsCeleryHealth).check();
      },
    });
    expect(before).toMatchObject({ status: 'down', details: { problems: ['Connection default is not open'] } });
  });

  it('asks SQS for the depth of its queues when it is told to, and for nothing else', async () => {
    await using running = await startApp(producer);
    await running.tasks.send('elsewhere', { queue: 'reports' });
    await running.tasks.send('elsewhere', { queue: 'reports', countdown: 60 });
    running.sqs.resetRequestCounts();
    check(running);
    expect(running.sqs.requestCounts()).toEqual({});
    const none = { visible: 0, inFlight: 0, delayed: 0 };
    expect(await running.app.get(SqsCeleryHealth).depths()).toEqual({
      celery: none,
      reports: { ...none, visible: 1, delayed: 1 },
    });
    expect(running.sqs.requestCounts()).toEqual({ GetQueueAttributes: 2 });
    running.sqs.fail({ how: 'error', code: 'AccessDenied', status: 403, message: 'not for you' });
    await expect(running.app.get(SqsCeleryHealth).depths()).rejects.toThrow('not for you');
  });
});

describe('@nestjs/terminus', () => {
  it('takes the results of the indicator', async () => {
    await using running = await startApp({ imports: [TerminusModule.forRoot({ logger: false })], providers: [Tasks] });
    const terminus = running.app.get(HealthCheckService, { strict: false });
    const indicator = running.app.get(SqsCeleryHealthIndicator);
    const ready = () => terminus.check([() => indicator.readiness('celery')]);
    expect(await ready()).toMatchObject({ status: 'ok', details: { celery: { status: 'up', draining: false } } });
    running.sqs.fail({ how: 'error', code: 'ExpiredToken', status: 403, action: 'ReceiveMessage', times: Infinity });
    const control = running.app.get(WorkerControl);
    await control.pause();
    control.resume();
    await until(() => check(running).status === 'down', 'down');
    await expect(ready()).rejects.toMatchObject({
      status: 503,
      response: {
        status: 'error',
        error: { celery: { status: 'down', problems: [expect.stringContaining('ExpiredToken')] } },
      },
    });
    expect(await terminus.check([() => indicator.liveness('celery')])).toMatchObject({ status: 'ok' });
  });
});

import type { Type } from '@nestjs/common';
import { SqsCeleryModule, Task, TaskProducer } from 'nestjs-sqs-celery';
import type { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../nest.test-support.js';
import { endPageSqs, PageApp, startPageSqs } from './support/page-app.js';
import { PageModules } from './support/page-modules.js';

const PAGE = 'docs/guide/limits.md';

const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

let sqs: LocalSqs;
beforeEach(async () => {
  sqs = await startPageSqs('celery');
});
afterEach(() => endPageSqs(sqs));

it('puts messages of a priority on their queue', async () => {
  for (const name of ['celery-high', 'exports']) sqs.createQueue(name);
  const { LimitsModule } = await modules.import<{ LimitsModule: Type }>(PAGE, 'limits.module.ts');
  const { Alarms } = await modules.import<{ Alarms: Type<{ raise(text: string): Promise<void> }> }>(PAGE, 'alarms.ts');
  await using app = await PageApp.start({ imports: [LimitsModule], providers: [Alarms] });
  await app.get(Alarms).raise('fire');
  await app.get(TaskProducer).send('alarms.page', { args: ['drill'], priority: 5 });
  await app.get(TaskProducer).send('alarms.page', { args: ['drill'] });
  expect(sqs.queue('celery-high').messages).toHaveLength(1);
  expect(sqs.queue('celery').messages).toHaveLength(2);
});

it('limits a task', async () => {
  const { CrmTasks } = await modules.import<{ CrmTasks: Type }>(PAGE, 'crm.tasks.ts');
  await using app = await PageApp.start({ imports: [SqsCeleryModule.forRoot()], providers: [CrmTasks] });
  const startedAt = performance.now();
  await Promise.all(['a', 'b', 'c', 'd'].map((customer) => app.run('crm.sync', { args: [customer] })));
  expect(performance.now() - startedAt).toBeGreaterThan(290);
});

it('opens the circuit', async () => {
  const { GatewayModule } = await modules.import<{ GatewayModule: Type }>(PAGE, 'breaker.module.ts');
  await using app = await PageApp.start({ imports: [GatewayModule] });
  expect(await app.run('gateway.charge', { args: [100] })).toBe("succeeded: 'charged 100'");
  for (let failures = 0; failures < 3; failures += 1) {
    expect(await app.run('gateway.charge', { args: [0] })).toMatch(/the gateway answered 503/);
  }
  expect(await app.run('gateway.charge', { args: [100] }, /cannot run yet/)).toBe(
    'cannot run yet (admission): out of sight for 30s',
  );
});

interface Operations {
  whilePaused(work: () => Promise<void>): Promise<void>;
  throttle(queue: string): void;
  troubles(): string[];
}

class Pings {
  ping(): string {
    return 'pong';
  }
}
Reflect.defineMetadata('design:paramtypes', [], Pings.prototype, 'ping');
Task('ping')(Pings.prototype, 'ping', Object.getOwnPropertyDescriptor(Pings.prototype, 'ping')!);

it('controls a worker', async () => {
  const { Operations } = await modules.import<{ Operations: Type<Operations> }>(PAGE, 'operations.ts');
  await using app = await PageApp.start({
    imports: [SqsCeleryModule.forRoot({ waitTimeSeconds: 1 })],
    providers: [Operations, Pings],
  });
  const operations = app.get(Operations);
  operations.throttle('celery');
  let id = '';
  await operations.whilePaused(async () => {
    ({ id } = await app.get(TaskProducer).send('ping'));
    expect(sqs.queue('celery')).toMatchObject({ visible: 1, inFlight: 0 });
  });
  expect(await app.ended(id)).toBe("succeeded: 'pong'");
  expect(operations.troubles()).toEqual([]);
  sqs.fail({ action: 'ReceiveMessage', how: 'error', code: 'AccessDenied', status: 403, times: Infinity });
  await until(() => operations.troubles().length > 0, 'trouble');
  expect(operations.troubles()).toEqual([expect.stringMatching(/^celery: refused, .*AccessDenied/)]);
});

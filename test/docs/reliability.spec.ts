import { setTimeout as sleep } from 'node:timers/promises';
import type { Type } from '@nestjs/common';
import { SqsCeleryModule, Task, TaskContext, TaskProducer, TaskRequest } from 'nestjs-sqs-celery';
import type { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { until } from '../nest.test-support.js';
import { endPageSqs, PageApp, startPageSqs } from './support/page-app.js';
import { PageModules } from './support/page-modules.js';

const PAGE = 'docs/guide/reliability.md';

const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

let sqs: LocalSqs;
beforeEach(async () => {
  sqs = await startPageSqs('celery');
});
afterEach(() => endPageSqs(sqs));

it('keeps an effect from happening twice', async () => {
  const { TransferTasks } = await modules.import<{ TransferTasks: Type }>(PAGE, 'transfer.tasks.ts');
  await using app = await PageApp.start({ imports: [SqsCeleryModule.forRoot()], providers: [TransferTasks] });
  const copy = { args: [100], taskId: 'transfer-1' };
  expect(await app.run('ledger.transfer', copy)).toBe("succeeded: 'booked'");
  await app.get(TaskProducer).send('ledger.transfer', copy);
  await until(() => /'booked before'/.test(app.log.text()), 'the copy');
});

it('starts without its stores, which are connected when they are needed', async () => {
  const { StoresModule } = await modules.import<{ StoresModule: Type }>(PAGE, 'stores.module.ts');
  await using app = await PageApp.start({ imports: [StoresModule] });
  await app.get(TaskProducer).delay('elsewhere');
  expect(sqs.queue('celery').visible).toBe(1);
});

it('runs an attempt once', async () => {
  type Once = { readonly sent: number };
  const { OnceModule, OnceTasks } = await modules.import<{ OnceModule: Type; OnceTasks: Type<Once> }>(
    PAGE,
    'once.module.ts',
  );
  await using app = await PageApp.start({ imports: [OnceModule] });
  expect(await app.run('mail.send', { taskId: 'mail-1' })).toBe('succeeded: 1');
  await app.get(TaskProducer).send('mail.send', { taskId: 'mail-1' });
  await until(() => /ran before/.test(app.log.text()), 'the copy');
  expect(app.get(OnceTasks).sent).toBe(1);
});

class Slow {
  async wait(task: TaskRequest): Promise<void> {
    await sleep(60_000, undefined, { signal: task.signal });
  }
}
TaskContext()(Slow.prototype, 'wait', 0);
Reflect.defineMetadata('design:paramtypes', [TaskRequest], Slow.prototype, 'wait');
Task('wait')(Slow.prototype, 'wait', Object.getOwnPropertyDescriptor(Slow.prototype, 'wait')!);

it('revokes tasks that run, and those that are to come', async () => {
  type Cancellations = { cancel(ids: readonly string[]): Promise<void> };
  const { Cancellations } = await modules.import<{ Cancellations: Type<Cancellations> }>(PAGE, 'cancel.ts');
  await using app = await PageApp.start({
    imports: [SqsCeleryModule.forRoot({ revocations: 'cache+memory://' })],
    providers: [Cancellations, Slow],
  });
  const tasks = app.get(TaskProducer);
  const [running] = await Promise.all([tasks.send('wait'), tasks.send('wait', { taskId: 'to come', countdown: 3 })]);
  await until(() => app.log.text().includes(`wait[${running.id}] received`), 'the start');
  await app.get(Cancellations).cancel([running.id, 'to come']);
  const discarded = (id: string): boolean => app.log.text().includes(`Discarding revoked task: wait[${id}]`);
  await until(() => discarded(running.id) && discarded('to come'), 'both');
  await vi.waitFor(() => expect(sqs.queue('celery').messages).toEqual([]));
});

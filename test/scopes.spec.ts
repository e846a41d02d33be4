import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Inject, Injectable, Scope } from '@nestjs/common';
import { ContextIdFactory, ModuleRef, REQUEST } from '@nestjs/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Task, TaskContext, TaskRequest } from 'nestjs-sqs-celery';
import { startApp, until } from './nest.test-support.js';
import { outcomeOf } from './support/task-outcome.js';
import { shareByTenant } from './support/tenants.js';

const seen: unknown[] = [];
const forgotten: WeakRef<Unit>[] = [];
beforeEach(() => {
  seen.length = 0;
});
afterEach(() => {
  Reflect.deleteProperty(ContextIdFactory, 'strategy');
});

@Injectable({ scope: Scope.REQUEST })
class Unit {
  readonly currentAtCreation = TaskRequest.current();
  constructor(
    @Inject(REQUEST) readonly request: unknown,
    readonly task: TaskRequest,
  ) {}
}

@Injectable()
class Repository {
  constructor(readonly unit: Unit) {}
}

@Injectable()
class Tasks {
  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly unit: Unit,
    private readonly repository: Repository,
  ) {}

  @Task('same')
  async same(@TaskContext() task: TaskRequest): Promise<unknown[]> {
    const contextId = ContextIdFactory.getByRequest(task);
    const resolved = await this.moduleRef.resolve(Unit, contextId, { strict: false });
    const { unit, repository } = this;
    return [
      repository.unit === unit,
      resolved === unit,
      unit.request === task,
      unit.task === task,
      unit.currentAtCreation === task,
    ];
  }

  @Task('forgotten')
  forgotten(): void {
    forgotten.push(new WeakRef(this.unit));
  }

  @Task('concurrent')
  async concurrent(): Promise<void> {
    seen.push(this.unit);
    await until(() => seen.length === 2, 'the other task');
  }
}

it('gives one instance to everything in a task, what is resolved by its context included', async () => {
  await using running = await startApp({ providers: [Tasks, Unit, Repository] });
  expect(await outcomeOf(running, 'same')).toBe('succeeded: [True, True, True, True, True]');
});

it('never shares instances between tasks that run at the same time', async () => {
  await using running = await startApp({ providers: [Tasks, Unit, Repository] });
  await Promise.all([outcomeOf(running, 'concurrent'), outcomeOf(running, 'concurrent')]);
  expect(new Set(seen).size).toBe(2);
  expect(new Set(seen.map((unit) => (unit as Unit).task.id)).size).toBe(2);
});

it('keeps no instance of tasks that have ended', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await using running = await startApp({ providers: [Tasks, Unit, Repository] });
  for (let count = 0; count < 30; count++) await outcomeOf(running, 'forgotten');
  const alive = (): number => {
    collect();
    return forgotten.filter((unit) => unit.deref() !== undefined).length;
  };
  // The last few may be on a stack still.
  await expect.poll(alive).toBeLessThan(5);
});

@Injectable({ scope: Scope.REQUEST, durable: true })
class Tenant {
  constructor(@Inject(REQUEST) readonly payload: { tenant: string }) {}
}

@Injectable({ scope: Scope.REQUEST })
class MixedTasks {
  constructor(
    private readonly tenant: Tenant,
    @Inject(REQUEST) private readonly request: unknown,
  ) {}

  @Task('mixed')
  mixed(@TaskContext() task: TaskRequest): boolean {
    seen.push(this.tenant);
    return this.request === task;
  }
}

it("shares a tenant's durable providers between tasks of request scope", async () => {
  shareByTenant();
  await using running = await startApp({ providers: [MixedTasks, Tenant] });
  for (const tenant of ['a', 'a', 'b']) {
    expect(await outcomeOf(running, 'mixed', { headers: { tenant } })).toBe('succeeded: True');
  }
  const [first, second, third] = seen as [Tenant, Tenant, Tenant];
  expect(second).toBe(first);
  expect(third).not.toBe(first);
  expect([first, third].map(({ payload }) => payload)).toEqual([{ tenant: 'a' }, { tenant: 'b' }]);
});

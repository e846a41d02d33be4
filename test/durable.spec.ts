import { Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { expect, it } from 'vitest';
import { Task, TaskContext, TaskRequest } from 'nestjs-sqs-celery';
import { startApp, until } from './nest.test-support.js';
import { shareByTenant } from './support/tenants.js';

const seen: unknown[] = [];

@Injectable({ scope: Scope.REQUEST, durable: true })
class Tenant {
  constructor(@Inject(REQUEST) readonly payload: { tenant: string }) {}
}

@Injectable({ scope: Scope.REQUEST, durable: true })
class Tasks {
  constructor(private readonly tenant: Tenant) {}

  @Task('tenant')
  run(@TaskContext() task: TaskRequest): void {
    seen.push([this.tenant.payload.tenant, this.tenant, task.id]);
  }
}

it('shares durable providers between the tasks of one tenant', async () => {
  shareByTenant();
  await using running = await startApp({ providers: [Tenant, Tasks] });
  for (const [count, tenant] of ['a', 'a', 'b'].entries()) {
    await running.tasks.send('tenant', { headers: { tenant } });
    await until(() => seen.length > count, 'the task');
  }
  const [first, second, third] = seen as [[string, Tenant], [string, Tenant], [string, Tenant]];
  expect([first[0], second[0], third[0]]).toEqual(['a', 'a', 'b']);
  expect(second[1]).toBe(first[1]);
  expect(third[1]).not.toBe(first[1]);
});

import {
  DefaultValuePipe,
  Injectable,
  ParseIntPipe,
  UsePipes,
  ValidationPipe,
  createParamDecorator,
  type PipeTransform,
} from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { IsString, Length } from 'class-validator';
import { beforeEach, expect, it } from 'vitest';
import { Arg, Kwarg, Task, TaskContext, TaskRequest } from 'nestjs-sqs-celery';
import { startApp, until, type RunningApp } from './nest.test-support.js';

class Dto {
  @IsString()
  @Length(2, 3)
  name!: string;
}

const Nothing = createParamDecorator(() => undefined);
const calls: unknown[][] = [];
beforeEach(() => {
  calls.length = 0;
});

@Injectable()
class Tasks {
  @Task('opt')
  opt(@Arg('a', { optional: true }) a?: Dto, @Kwarg('b', { optional: true }) b?: number): void {
    calls.push([a, b]);
  }

  @Task('given')
  given(@Arg('a', { optional: true }) a?: Dto): void {
    calls.push([a]);
  }

  @Task('own')
  own(
    @Arg('a', new DefaultValuePipe('7'), ParseIntPipe) a: number,
    @Arg('b', new ValidationPipe(), { optional: true }) b?: Dto,
  ): void {
    calls.push([a, b]);
  }

  @Task('method')
  @UsePipes(new ValidationPipe())
  method(a: Dto = { name: 'default' }): void {
    calls.push([a]);
  }

  @Task('context')
  context(@TaskContext() task: TaskRequest): void {
    calls.push([task instanceof TaskRequest, task.task]);
  }

  @Task('custom')
  custom(@Nothing() _nothing: Dto): void {
    calls.push(['custom']);
  }
}

/** The stock pipe, or one of its options. */
function withPipe(pipe: PipeTransform): Promise<RunningApp> {
  return startApp({ providers: [Tasks, { provide: APP_PIPE, useValue: pipe }] });
}

async function run({ tasks, log }: RunningApp, task: string, ...args: unknown[]): Promise<string> {
  const { id } = await tasks.delay(task, ...args);
  const lines = (): string[] => log.of({ context: 'celery.app.trace' }).filter((line) => line.includes(id));
  await until(() => lines().length > 1, task);
  return (lines()[1] ?? '').replace(/^Task \S+ /, '');
}

it('runs no pipe for an argument that was not given, but those of its own parameter', async () => {
  await using running = await withPipe(new ValidationPipe({ transform: true }));
  for (const task of ['opt', 'own', 'method']) expect(await run(running, task)).toMatch(/^succeeded/);
  expect(calls).toEqual([[undefined, undefined], [7, undefined], [{ name: 'default' }]]);
});

it('validates what was given, null included', async () => {
  await using running = await withPipe(new ValidationPipe());
  expect(await run(running, 'given', { name: 'abc' })).toMatch(/^succeeded/);
  expect(await run(running, 'given', null)).toMatch(/^raised/);
  expect(await run(running, 'own', 1, {})).toMatch(/^raised/);
});

it('names the violated constraints in the log, and no value', async () => {
  await using running = await withPipe(new ValidationPipe());
  expect(await run(running, 'given', { name: 'confidential' })).toBe(
    `raised unexpected: BadRequestException('name must be shorter than or equal to 3 characters')`,
  );
  expect(await run(running, 'given', { name: 5 })).toContain(
    'name must be longer than or equal to 2 and shorter than or equal to 3 characters; name must be a string',
  );
  expect(running.log.text()).not.toContain('confidential');
});

it('leaves the running task alone where custom decorators are validated', async () => {
  await using running = await withPipe(
    new ValidationPipe({ validateCustomDecorators: true, whitelist: true, forbidUnknownValues: true, transform: true }),
  );
  expect(await run(running, 'context')).toMatch(/^succeeded/);
  expect(calls).toEqual([[true, 'context']]);
  expect(await run(running, 'custom')).toMatch(/^raised/);
});

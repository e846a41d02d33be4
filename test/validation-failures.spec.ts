import { Injectable, StandardSchemaValidationPipe, UsePipes, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { IsInt } from 'class-validator';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  Arg,
  Args,
  Decimal,
  Float,
  Kwarg,
  Kwargs,
  MemoryIdempotencyStore,
  MemoryResultStore,
  Task,
  chord,
  signature,
  type SendOptions,
  type SqsCeleryOptions,
} from 'nestjs-sqs-celery';
import { startApp, until, type AppSetUp } from './nest.test-support.js';
import { outcomeOf } from './support/task-outcome.js';
import { anything, arrayOf, integer, number, object, text } from './support/standard-schemas.js';

const seen: unknown[] = [];
beforeEach(() => {
  seen.length = 0;
});

const order = object({ id: text, lines: arrayOf(object({ price: number })) });

class Dto {
  @IsInt()
  count!: number;
}

@Injectable()
class Tasks {
  @Task('arg', { autoretryFor: [Error] })
  arg(@Arg('order', { schema: order }) value: { id: string }): void {
    seen.push(value);
  }

  @Task('kwarg')
  kwarg(@Kwarg('count', { schema: integer }) count: number): void {
    seen.push(count);
  }

  @Task('args')
  args(@Args({ schema: arrayOf(integer) }) numbers: number[]): void {
    seen.push(numbers);
  }

  @Task('kwargs')
  kwargs(@Kwargs({ schema: object({ dpi: integer }) }) options: object): void {
    seen.push(options);
  }

  @Task('optional')
  optional(
    @Kwarg('a', { schema: integer, optional: true }) a: number = 1,
    @Kwarg('b', { schema: integer, optional: true, pipes: [new StandardSchemaValidationPipe()] }) b: number = 2,
  ): void {
    seen.push(a, b);
  }

  @Task('decimal')
  decimal(@Arg('price', { schema: anything }) price: Decimal): void {
    seen.push(price);
  }

  @Task('dto', { autoretryFor: [Error] })
  @UsePipes(new ValidationPipe())
  dto(dto: Dto): number {
    return dto.count;
  }

  @Task('body')
  body(): void {}
}

const providers = [Tasks, { provide: APP_PIPE, useClass: StandardSchemaValidationPipe }];

describe("Nest's StandardSchemaValidationPipe", () => {
  async function run(task: string, options: SendOptions): Promise<string> {
    await using running = await startApp({ providers });
    return await outcomeOf(running, task, options);
  }

  it.each<[string, SendOptions, unknown[]]>([
    ['arg', { args: [{ id: 'a', lines: [{ price: 1.5 }], x: 1 }] }, [{ id: 'a', lines: [{ price: 1.5 }] }]],
    ['kwarg', { kwargs: { count: 3 } }, [3]],
    ['args', { args: [1, 2] }, [[1, 2]]],
    ['args', {}, [[]]],
    ['kwargs', { kwargs: { dpi: 300 } }, [{ dpi: 300 }]],
    ['optional', {}, [1, 2]],
    ['optional', { kwargs: { a: 3, b: 4 } }, [3, 4]],
  ])('validates what %s takes: %j', async (task, options, values) => {
    expect(await run(task, options)).toBe('succeeded: None');
    expect(seen).toEqual(values);
  });

  it.each<[string, SendOptions, string]>([
    ['arg', { args: [{ id: 1, lines: [{ price: 'much' }] }] }, 'id: must be a text; lines.0.price: must be a number'],
    ['kwarg', { kwargs: { count: 1.5 } }, 'must be an integer'],
    ['args', { args: [1, 'two'] }, '1: must be an integer'],
    ['kwargs', { kwargs: { dpi: 'many' } }, 'dpi: must be an integer'],
    ['optional', { kwargs: { a: null } }, 'must be an integer'],
    ['optional', { kwargs: { b: null } }, 'must be an integer'],
  ])('fails %s for good: %j', async (task, options, message) => {
    expect(await run(task, options)).toBe(`raised unexpected: BadRequestException('${message}')`);
    expect(seen).toEqual([]);
  });

  it('sees plain values, as schemas are written for them', async () => {
    const lines = [{ price: new Float(2) }];
    expect(await run('arg', { args: [{ id: 'a', lines }] })).toBe('succeeded: None');
    expect(await run('args', { args: [new Float(1)] })).toBe('succeeded: None');
    expect(await run('kwargs', { kwargs: { dpi: new Float(300) } })).toBe('succeeded: None');
    expect(seen).toEqual([{ id: 'a', lines: [{ price: 2 }] }, [1], { dpi: 300 }]);
  });

  it('sees the exact value where the type of the parameter says so', async () => {
    expect(await run('decimal', { args: [new Decimal('1.10')] })).toBe('succeeded: None');
    expect(seen).toEqual([new Decimal('1.10')]);
  });
});

describe('the stored failure', () => {
  async function stored(task: string, send: SendOptions, options: SqsCeleryOptions = {}, setUp: AppSetUp = {}) {
    const results = new MemoryResultStore();
    await using running = await startApp({ providers, options: { resultBackend: results, ...options }, ...setUp });
    const { id } = await running.tasks.send(task, send);
    await until(() => running.log.text().includes('raised'), task);
    return (await results.get(id))?.result;
  }

  it.each<[string, SendOptions, string]>([
    ['dto', { args: [{ count: 'x' }] }, 'count must be an integer number'],
    ['arg', { args: [{}] }, 'id: must be a text; lines: must be an array'],
  ])('of %s names the constraints', async (task, options, message) => {
    const expected = { excType: 'BadRequestException', excMessage: [message] };
    expect(await stored(task, options)).toMatchObject(expected);
    const idempotency = new MemoryIdempotencyStore();
    expect(await stored(task, options, { idempotency })).toMatchObject(expected);
  });

  it('of a chord names the constraints as well', async () => {
    const results = new MemoryResultStore();
    await using running = await startApp({ providers, options: { resultBackend: results } });
    const workflow = chord([signature('dto', { args: [{ count: 'x' }] })], signature('body', { args: [] }));
    const { id } = await running.tasks.send(workflow);
    await until(() => running.log.text().includes('Chord'), 'the chord');
    expect(JSON.stringify((await results.get(id))?.result)).toContain('count must be an integer number');
  });
});

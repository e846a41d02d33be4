import {
  Catch,
  Inject,
  Injectable,
  ParseIntPipe,
  Scope,
  UseFilters,
  UseGuards,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { expect, it } from 'vitest';
import { Arg, Retry, Task, TaskRequest, map, starmap, type SignatureJson } from 'nestjs-sqs-celery';
import { startApp } from './nest.test-support.js';
import { outcomeInLog } from './support/task-outcome.js';

@Injectable()
class NoThrees implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return TaskRequest.from(context)?.args[0] !== 3;
  }
}

/** Answers one error, and leaves all others. */
@Catch()
class Negatives implements ExceptionFilter {
  catch(error: Error): unknown {
    if (error.message === 'negative') return 0;
    return undefined;
  }
}

/** One for each call. */
@Injectable({ scope: Scope.REQUEST })
class Unit {
  constructor(@Inject(REQUEST) readonly request: TaskRequest) {}
}

@Injectable()
class Tasks {
  constructor(private readonly unit: Unit) {}

  @Task('double', { maxRetries: 3 })
  @UseGuards(NoThrees)
  @UseFilters(Negatives)
  double(@Arg('number', ParseIntPipe) number: number): number {
    if (number === 7) throw new Retry({ cause: new Error('seven') });
    if (number < 0) throw new Retry({ cause: new Error('negative') });
    return this.unit.request.args[0] === String(number) ? number * 2 : -1;
  }
}

async function outcome(canvas: SignatureJson): Promise<string> {
  await using running = await startApp({ providers: [Tasks, Unit] });
  const { id } = await running.tasks.send(canvas);
  return await outcomeInLog(running.log, id);
}

it.each([
  ['pipes, and a scope of its own', map('double', ['1', '2']), 'succeeded: [2, 4]'],
  ['guards', map('double', ['1', 3]), "raised unexpected: ForbiddenException('Forbidden resource')"],
  ['the binding of arguments', starmap('double', [['1', '2']]), /TypeError\('double\(\) takes 1 positional/],
  ['its last failure, as it is not retried', map('double', ['7']), "raised unexpected: Error('seven')"],
  ['exception filters', map('double', ['-1', '2']), 'succeeded: [0, 4]'],
])('a call of a mapping has %s', async (_, canvas, expected) => {
  expect(await outcome(canvas)).toMatch(expected);
});

it('built-in tasks are not listed', async () => {
  await using running = await startApp({ providers: [Tasks, Unit] });
  expect(running.log.text()).toContain('. double');
  expect(running.log.text()).not.toContain('celery.map');
});

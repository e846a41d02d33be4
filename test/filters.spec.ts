import {
  Catch,
  ForbiddenException,
  HttpException,
  Injectable,
  Scope,
  UseFilters,
  UseGuards,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { throwError } from 'rxjs';
import { beforeEach, expect, it } from 'vitest';
import { Ignore, Reject, Retry, Task, TaskRequest } from 'nestjs-sqs-celery';
import { startApp, until, type RunningApp } from './nest.test-support.js';

const caught: string[] = [];
beforeEach(() => {
  caught.length = 0;
});

class Boom extends Error {
  override readonly name = 'Boom';
}

@Catch()
class CatchAll implements ExceptionFilter {
  async catch(error: Error): Promise<void> {
    caught.push(error.name);
  }
}

@Catch(Boom)
class Replacing implements ExceptionFilter {
  catch(error: Boom, host: ArgumentsHost): never {
    caught.push(`${host.getType()} ${TaskRequest.from(host)?.task}`);
    throw new RangeError(`replaced ${error.message}`);
  }
}

@Catch(Boom)
class Answering implements ExceptionFilter {
  catch(): string {
    return 'answer';
  }
}

@Catch(Boom)
class Streaming implements ExceptionFilter {
  catch() {
    return throwError(() => new RangeError('from a stream'));
  }
}

@Catch(HttpException)
class HttpToDomain implements ExceptionFilter {
  catch(error: HttpException): never {
    caught.push(error.name);
    throw new Boom('domain');
  }
}

@Injectable({ scope: Scope.REQUEST })
@Catch()
class PerRequest implements ExceptionFilter {
  catch(error: Error): string {
    caught.push(error.name);
    return 'scoped';
  }
}

@Injectable()
class Tasks {
  @Task('ok')
  ok(): string {
    return 'ok';
  }

  @Task('boom')
  boom(): void {
    throw new Boom('boom');
  }

  @Task('auto', { autoretryFor: [Boom], defaultRetryDelay: 60 })
  auto(): void {
    throw new Boom('auto');
  }

  @Task('exhausted', { autoretryFor: [Boom], maxRetries: 0 })
  exhausted(): void {
    throw new Boom('exhausted');
  }

  @Task('retry')
  retry(): void {
    throw new Retry({ countdown: 60, cause: new Boom('retry') });
  }

  @Task('last-retry', { maxRetries: 0 })
  lastRetry(): void {
    throw new Retry({ cause: new Boom('last') });
  }

  @Task('ignore')
  ignore(): void {
    throw new Ignore();
  }

  @Task('reject')
  reject(): void {
    throw new Reject({ reason: 'no thanks' });
  }

  @Task('denied', { autoretryFor: [Boom] })
  @UseGuards({
    canActivate() {
      throw new ForbiddenException();
    },
  })
  @UseFilters(HttpToDomain)
  denied(): void {}

  @Task('replaced', { autoretryFor: [RangeError] })
  @UseFilters(Replacing)
  replaced(): void {
    throw new Boom('boom');
  }

  @Task('answered')
  @UseFilters(new Answering())
  answered(): void {
    throw new Boom('boom');
  }

  @Task('streamed')
  @UseFilters(Streaming)
  streamed(): void {
    throw new Boom('boom');
  }

  @Task('unmatched')
  @UseFilters(HttpToDomain)
  unmatched(): void {
    throw new Boom('boom');
  }

  @Task('scoped')
  @UseFilters(PerRequest)
  scoped(): void {
    throw new Boom('boom');
  }
}

@Injectable()
@UseFilters(Replacing)
class FilteredClass {
  @Task('class')
  run(): void {
    throw new Boom('class');
  }
}

async function outcome({ tasks, log }: RunningApp, task: string): Promise<string> {
  const { id } = await tasks.delay(task);
  const lines = (): string[] =>
    log
      .of({ context: 'celery.app.trace' })
      .filter((line) => line.includes(id) && !/received$|exception filter threw/.test(line));
  await until(() => lines().length > 0, task);
  return (lines()[0] ?? '').replace(/^Task \S+ /, '').replace(/^succeeded in [\d.e-]+s/, 'succeeded');
}

it('changes no outcome by a global asynchronous catch-all, which only sees failures', async () => {
  const providers = [Tasks, { provide: APP_FILTER, useClass: CatchAll }];
  await using running = await startApp({ providers });
  expect(await outcome(running, 'ok')).toBe(`succeeded: 'ok'`);
  expect(await outcome(running, 'retry')).toBe(`retry: Retry in 60s: Boom('retry')`);
  expect(await outcome(running, 'auto')).toBe(`retry: Retry in 60s: Boom('auto')`);
  expect(await outcome(running, 'ignore')).toBe('ignored');
  expect(await outcome(running, 'reject')).toBe('reject requeue=False: no thanks');
  expect(caught).toEqual([]);
  expect(await outcome(running, 'boom')).toBe(`raised unexpected: Boom('boom')`);
  expect(await outcome(running, 'exhausted')).toBe(`raised unexpected: Boom('exhausted')`);
  expect(await outcome(running, 'last-retry')).toBe(`raised unexpected: Boom('last')`);
  expect(caught).toEqual(['Boom', 'Boom', 'Boom']);
});

it.each([
  ['replaced', `raised unexpected: RangeError('replaced boom')`, ['celery replaced']],
  ['class', `raised unexpected: RangeError('replaced class')`, ['celery class']],
  ['answered', `succeeded: 'answer'`, []],
  ['streamed', `raised unexpected: RangeError('from a stream')`, []],
  ['unmatched', `raised unexpected: Boom('boom')`, []],
  ['scoped', `succeeded: 'scoped'`, ['Boom']],
])('%s: %s', async (task, expected, seen) => {
  await using running = await startApp({ providers: [Tasks, FilteredClass] });
  expect(await outcome(running, task)).toBe(expected);
  expect(caught).toEqual(seen);
});

it('are offered what a provider of request scope fails with, once it is final', async () => {
  @Injectable({ scope: Scope.REQUEST })
  class Connection {
    constructor() {
      throw new Boom('no connection');
    }
  }
  @Injectable()
  class Connected {
    constructor(readonly connection: Connection) {}

    @Task('connected')
    @UseFilters(Replacing)
    run(): void {}

    @Task('connected-later', { autoretryFor: [Boom], defaultRetryDelay: 60 })
    @UseFilters(Replacing)
    later(): void {}
  }
  await using running = await startApp({ providers: [Connected, Connection] });
  expect(await outcome(running, 'connected-later')).toBe(`retry: Retry in 60s: Boom('no connection')`);
  expect(caught).toEqual([]);
  expect(await outcome(running, 'connected')).toBe(`raised unexpected: RangeError('replaced no connection')`);
  expect(caught).toEqual(['celery connected']);
});

it('keeps a permanent failure permanent, whatever a filter makes of it', async () => {
  await using running = await startApp({ providers: [Tasks] });
  expect(await outcome(running, 'denied')).toBe(`raised unexpected: Boom('domain')`);
  expect(caught).toEqual(['ForbiddenException']);
});

it('logs the failure that a throwing filter replaces, with its stack', async () => {
  await using running = await startApp({ providers: [Tasks] });
  await outcome(running, 'replaced');
  const [line] = running.log.lines.filter(({ message }) => message.includes('exception filter threw'));
  expect(line).toMatchObject({ level: 'error', context: 'celery.app.trace' });
  expect(line?.message).toMatch(
    /^Task replaced\[.+\] raised Boom\('boom'\); an exception filter threw RangeError\('replaced boom'\) instead$/,
  );
  expect(line?.stack).toMatch(/^Boom: boom\n\s+at Tasks\.replaced/);
});

it('logs a failure once that no filter of request scope is for', async () => {
  @Injectable({ scope: Scope.REQUEST })
  @Catch(TypeError)
  class TypeErrors implements ExceptionFilter {
    catch(): void {}
  }
  const providers = [Tasks, TypeErrors, { provide: APP_FILTER, useExisting: TypeErrors }];
  await using running = await startApp({ providers });
  await outcome(running, 'boom');
  expect(running.log.of({ level: 'error' })).toHaveLength(1);
});

it.each(['boom', 'unmatched'])('logs the failure of %s once', async (task) => {
  await using running = await startApp({ providers: [Tasks] });
  await outcome(running, task);
  expect(running.log.of({ level: 'error' })).toHaveLength(1);
});

import {
  Catch,
  Injectable,
  Scope,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { beforeEach, expect, it } from 'vitest';
import { SqsCeleryModule, Task, TaskProducer } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { RecordingLogger, localOptions } from './nest.test-support.js';
import { outcomeInLog } from './support/task-outcome.js';

const ran = new Set<string>();
beforeEach(() => ran.clear());

/** Notes the name under which it runs. */
class Enhancer implements CanActivate, NestInterceptor, PipeTransform, ExceptionFilter {
  get #name(): string {
    return this.constructor.name;
  }
  canActivate(): boolean {
    ran.add(`guard ${this.#name}`);
    return true;
  }
  intercept(_context: ExecutionContext, next: CallHandler) {
    ran.add(`interceptor ${this.#name}`);
    return next.handle();
  }
  transform(value: unknown): unknown {
    ran.add(`pipe ${this.#name}`);
    return value;
  }
  catch(): void {
    ran.add(`filter ${this.#name}`);
  }
}

@Injectable()
class Single extends Enhancer {}
@Injectable({ scope: Scope.REQUEST })
class PerTask extends Enhancer {}
@Injectable({ scope: Scope.TRANSIENT })
class Transient extends Enhancer {}
@Injectable()
class Made extends Enhancer {}
@Injectable()
class Aliased extends Enhancer {}
@Injectable({ scope: Scope.REQUEST })
class AliasedPerTask extends Enhancer {}
class Added extends Enhancer {}
@Catch()
class CatchAll extends Enhancer {}

@Injectable()
class Tasks {
  @Task('failing')
  failing(_argument: number): void {
    throw new RangeError('no');
  }
}

function provided(token: string): Provider[] {
  return [
    { provide: token, useClass: Single },
    { provide: token, useClass: PerTask },
    { provide: token, useClass: Transient },
    { provide: token, useFactory: () => new Made() },
    { provide: token, useExisting: Aliased },
    { provide: token, useExisting: AliasedPerTask },
  ];
}

/** `Global enhancers run for tasks as well: guards A, B; pipes C.` as `guard A`, … */
function reported(log: RecordingLogger): string[] {
  const [line = ''] = log
    .of({ context: 'celery.apps.worker', level: 'log' })
    .filter((text) => text.includes('enhancers'));
  return line
    .replace(/^.*?: /, '')
    .replace(/\.$/, '')
    .split('; ')
    .flatMap((kind) => {
      const [name = '', ...names] = kind.split(/,? /);
      return names.map((one) => `${name.slice(0, -1)} ${one}`);
    });
}

it('reports exactly the global enhancers that run for a task', async () => {
  await using sqs = await LocalSqs.start();
  const log = new RecordingLogger();
  const moduleRef = await Test.createTestingModule({
    imports: [SqsCeleryModule.forRoot(localOptions(sqs))],
    providers: [
      Tasks,
      Aliased,
      AliasedPerTask,
      ...[APP_GUARD, APP_INTERCEPTOR, APP_PIPE].flatMap(provided),
      { provide: APP_FILTER, useClass: CatchAll },
    ],
  })
    .setLogger(log)
    .compile();
  const app = moduleRef.createNestApplication();
  app.useGlobalGuards(new Added());
  app.useGlobalInterceptors(new Added());
  app.useGlobalPipes(new Added());
  await app.init();
  try {
    const { id } = await app.get(TaskProducer).delay('failing', 1);
    expect(await outcomeInLog(log, id)).toBe(`raised unexpected: RangeError('no')`);
    expect(reported(log).toSorted()).toEqual([...ran].toSorted());
    expect(ran.size).toBe(3 * 7 + 1);
  } finally {
    await app.close();
  }
});

import {
  Catch,
  HttpException,
  Injectable,
  RequestTimeoutException,
  UnauthorizedException,
  ValidationPipe,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplicationContext,
  type NestInterceptor,
  type Provider,
} from '@nestjs/common';
import {
  APP_FILTER,
  APP_GUARD,
  APP_INTERCEPTOR,
  APP_PIPE,
  BaseExceptionFilter,
  HttpAdapterHost,
  NestFactory,
} from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { IsInt } from 'class-validator';
import { map, throwError, timeout } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Ignore, Reject, Retry, SqsCeleryModule, Task, TaskProducer } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { RecordingLogger, localOptions } from './nest.test-support.js';
import { outcomeInLog } from './support/task-outcome.js';

/** As in Nest's documentation, which knows of HTTP alone. */
@Injectable()
class JwtGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: { authorization?: string } }>();
    if (!headers.authorization?.startsWith('Bearer ')) throw new UnauthorizedException();
    return true;
  }
}

@Catch()
class CatchEverythingFilter implements ExceptionFilter {
  constructor(private readonly httpAdapterHost: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.httpAdapterHost;
    const http = host.switchToHttp();
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    const body = { statusCode: status, path: String(httpAdapter.getRequestUrl(http.getRequest())) };
    httpAdapter.reply(http.getResponse(), body, status);
  }
}

@Catch()
class AsyncCatchAll implements ExceptionFilter {
  async catch(): Promise<void> {}
}

@Catch()
class ExtendedFilter extends BaseExceptionFilter {}

@Injectable()
class TransformInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

@Injectable()
class TimeoutInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(timeout({ each: 50, with: () => throwError(() => new RequestTimeoutException()) }));
  }
}

class Dto {
  @IsInt()
  count!: number;
}

class Temporary extends Error {
  override readonly name = 'Temporary';
}

@Injectable()
class Tasks {
  @Task('ok')
  ok({ count }: Dto): number {
    return count;
  }

  @Task('failing')
  failing(): void {
    throw new RangeError('no');
  }

  @Task('retry')
  retry(): void {
    throw new Retry({ countdown: 60, cause: new Temporary('later') });
  }

  @Task('automatic', { autoretryFor: [Error], defaultRetryDelay: 60 })
  automatic(): void {
    throw new Temporary('soon');
  }

  @Task('ignore')
  ignore(): void {
    throw new Ignore();
  }

  @Task('reject')
  reject(): void {
    throw new Reject({ reason: 'no thanks' });
  }

  @Task('endless')
  async endless(): Promise<void> {
    await new Promise(() => {});
  }
}

type Create = (module: object, logger: RecordingLogger) => Promise<INestApplicationContext>;

const hybrid: Create = async (module, logger) => {
  const app = await NestFactory.create<NestExpressApplication>(module, { logger });
  await app.listen(0, '127.0.0.1');
  return app;
};
const standalone: Create = (module, logger) => NestFactory.createApplicationContext(module, { logger });

/** Runs tasks one after the other in an application with these enhancers. */
async function outcomes(create: Create, enhancers: Provider[], calls: readonly [task: string, ...args: unknown[]][]) {
  await using sqs = await LocalSqs.start();
  const log = new RecordingLogger();
  const options = localOptions(sqs, { shutdownTimeoutMs: 0 });
  const module = { module: class {}, imports: [SqsCeleryModule.forRoot(options)], providers: [Tasks, ...enhancers] };
  const app = await create(module, log);
  try {
    const found: string[] = [];
    for (const [task, ...args] of calls) {
      const { id } = await app.get(TaskProducer).delay(task, ...args);
      found.push(await outcomeInLog(log, id));
    }
    return found;
  } finally {
    await app.close();
  }
}

const CONTROL_FLOW: [string][] = [['retry'], ['automatic'], ['ignore'], ['reject']];
const UNCHANGED = [
  `retry: Retry in 60s: Temporary('later')`,
  `retry: Retry in 60s: Temporary('soon')`,
  'ignored',
  'reject requeue=False: no thanks',
];

describe.each([
  ['an application that serves HTTP', hybrid],
  ['a standalone application', standalone],
])('enhancers that know of HTTP alone, in %s', (_, create) => {
  it('a guard fails every task for good', async () => {
    const guard = { provide: APP_GUARD, useClass: JwtGuard };
    const calls: [string, ...unknown[]][] = [['ok', { count: 1 }], ['automatic']];
    const denied = `raised unexpected: UnauthorizedException('Unauthorized')`;
    expect(await outcomes(create, [guard], calls)).toEqual([denied, denied]);
  });

  it.each([CatchEverythingFilter, AsyncCatchAll, ExtendedFilter])('%o changes no retry', async (filter) => {
    const enhancers = [{ provide: APP_FILTER, useClass: filter }];
    const calls: [string, ...unknown[]][] = [...CONTROL_FLOW, ['ok', { count: 1 }]];
    expect(await outcomes(create, enhancers, calls)).toEqual([...UNCHANGED, 'succeeded: 1']);
  });

  it('a filter that finds no response leaves a failure', async () => {
    const enhancers = [{ provide: APP_FILTER, useClass: CatchEverythingFilter }];
    expect(await outcomes(create, enhancers, [['failing']])).toEqual([
      expect.stringMatching(/^raised unexpected: TypeError/),
    ]);
  });

  it('interceptors change results and end tasks; pipes work', async () => {
    const enhancers = [
      { provide: APP_INTERCEPTOR, useClass: TransformInterceptor },
      { provide: APP_INTERCEPTOR, useClass: TimeoutInterceptor },
      { provide: APP_PIPE, useValue: new ValidationPipe() },
    ];
    const calls: [string, ...unknown[]][] = [
      ['ok', { count: 1 }],
      ['ok', { count: 'x' }],
      ['endless'],
      ...CONTROL_FLOW,
    ];
    expect(await outcomes(create, enhancers, calls)).toEqual([
      `succeeded: {'data': 1}`,
      `raised unexpected: BadRequestException('count must be an integer number')`,
      `raised unexpected: RequestTimeoutException('Request Timeout')`,
      ...UNCHANGED,
    ]);
  });
});

import type { INestApplicationContext, LoggerService, ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { SqsCeleryModule, getTaskProducerToken, type SqsCeleryOptions, type TaskProducer } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';

/** One line of a log. */
export interface LogLine {
  readonly level: string;
  readonly context: string | undefined;
  readonly message: string;
  /** Of an error. */
  readonly stack?: string;
}

/** A user's own logger: keeps what Nest hands to it. */
export class RecordingLogger implements LoggerService {
  readonly lines: LogLine[] = [];

  log = (message: unknown, ...rest: unknown[]): void => this.#add('log', message, rest);
  warn = (message: unknown, ...rest: unknown[]): void => this.#add('warn', message, rest);
  error = (message: unknown, ...rest: unknown[]): void => this.#add('error', message, rest);
  debug = (message: unknown, ...rest: unknown[]): void => this.#add('debug', message, rest);
  verbose = (): void => {};

  /** Messages of one context, or of one level. */
  of(filter: Partial<LogLine>): string[] {
    return this.lines
      .filter((line) => Object.entries(filter).every(([key, value]) => line[key as keyof LogLine] === value))
      .map(({ message }) => message);
  }

  text(): string {
    return this.lines.map(({ message }) => message).join('\n');
  }

  #add(level: string, message: unknown, rest: unknown[]): void {
    const [context, stack] = rest.toReversed() as (string | undefined)[];
    this.lines.push({ level, context, message: String(message), ...(stack !== undefined && { stack }) });
  }
}

/** Options that reach a local endpoint; its queues are created. */
export function localOptions(sqs: LocalSqs, options: SqsCeleryOptions = {}): SqsCeleryOptions {
  return {
    createMissingQueues: true,
    shutdownTimeoutMs: 5000,
    clientConfig: {
      endpoint: sqs.endpoint,
      region: sqs.region,
      credentials: { accessKeyId: 'AKID', secretAccessKey: 'hunter2' },
    },
    ...options,
  };
}

/** An application against a local endpoint, with a log that can be read. */
export interface RunningApp extends AsyncDisposable {
  readonly app: INestApplicationContext;
  readonly sqs: LocalSqs;
  readonly log: RecordingLogger;
  readonly tasks: TaskProducer;
}

export interface AppSetUp extends ModuleMetadata {
  readonly options?: SqsCeleryOptions;
  /** An endpoint to share; otherwise the application gets its own. */
  readonly sqs?: LocalSqs;
  readonly configure?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
  /** Called before the application is initialised. */
  readonly before?: (app: INestApplicationContext) => Promise<void>;
}

/** Starts an application without HTTP. */
export async function startApp({
  options,
  sqs: shared,
  configure,
  before,
  ...metadata
}: AppSetUp): Promise<RunningApp> {
  const sqs = shared ?? (await LocalSqs.start());
  const log = new RecordingLogger();
  const imports = [...(metadata.imports ?? []), SqsCeleryModule.forRoot(localOptions(sqs, options))];
  const builder = Test.createTestingModule({ ...metadata, imports }).setLogger(log);
  const app = await (configure?.(builder) ?? builder).compile();
  await before?.(app);
  const dispose = async (): Promise<void> => {
    await app.close();
    if (!shared) await sqs.close();
  };
  try {
    await app.init();
  } catch (error) {
    await dispose();
    throw error;
  }
  return { app, sqs, log, tasks: app.get(getTaskProducerToken(options?.name)), [Symbol.asyncDispose]: dispose };
}

/** Resolves when `condition` holds; looks again whenever the event loop has turned. */
export async function until(condition: () => boolean, what = 'the condition', timeoutMs = 10_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`${what} did not come to hold within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

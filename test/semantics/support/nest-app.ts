import { type INestApplicationContext, type LoggerService, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type Clock, CLOCK, SqsCeleryModule, type SqsCeleryOptions, TaskProducer } from 'nestjs-sqs-celery';
import { credentials } from '../../interop/support/endpoint.js';
import { SemanticsTasks, SETTING, type Setting, StrangerTasks } from './nest-tasks.js';

/** Keeps every line. */
class Log implements LoggerService {
  readonly lines: string[] = [];

  log = (message: unknown): void => void this.lines.push(String(message));
  warn = this.log;
  error = this.log;
  debug = this.log;
  verbose = this.log;
  fatal = this.log;
}

/** What all Nest applications of this process log: Nest has one logger for all of them. */
export const nestLog = new Log();

export interface NestAppOptions extends SqsCeleryOptions {
  /** Address of the SQS endpoint. */
  readonly endpoint: string;
  readonly setting: Setting;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Whether it knows none of the scenarios' tasks. Default: false. */
  readonly stranger?: boolean;
}

/** A Nest application that runs and sends the tasks of these scenarios, in this process. */
export class NestApp {
  #closing: Promise<void> | undefined;

  private constructor(
    private readonly app: INestApplicationContext,
    readonly tasks: TaskProducer,
  ) {}

  static async start({ endpoint, setting, clock, stranger, ...options }: NestAppOptions): Promise<NestApp> {
    const clientConfig = { endpoint, region: 'us-east-1', credentials };
    const builder = Test.createTestingModule({
      imports: [
        {
          module: ApplicationModule,
          imports: [SqsCeleryModule.forRoot({ clientConfig, ...options })],
          providers: [{ provide: SETTING, useValue: setting }, stranger ? StrangerTasks : SemanticsTasks],
        },
      ],
    }).setLogger(nestLog);
    const app = await (clock ? builder.overrideProvider(CLOCK).useValue(clock) : builder).compile();
    await app.init();
    return new NestApp(app, app.get(TaskProducer, { strict: false }));
  }

  stop(): Promise<void> {
    this.#closing ??= this.app.close();
    return this.#closing;
  }
}

@Module({})
class ApplicationModule {}

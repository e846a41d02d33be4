import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type Provider,
  type Type,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OnTaskEvent, SqsCeleryModule, Task, TaskProducer } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { RecordingLogger, localOptions, until } from './nest.test-support.js';

let sqs: LocalSqs;
let eu: LocalSqs;
const events: string[] = [];
beforeEach(async () => {
  events.length = 0;
  [sqs, eu] = await Promise.all([LocalSqs.start(), LocalSqs.start()]);
});
afterEach(() => Promise.all([sqs.close(), eu.close()]));

/** What handlers need, and what closes in one of Nest's hooks. */
abstract class Database {
  #open = true;

  query(): void {
    if (!this.#open) throw new Error('the database is closed');
  }

  protected close(hook: string): void {
    this.#open = false;
    events.push(`closed in ${hook}`);
  }
}

class ClosesOnModuleDestroy extends Database implements OnModuleDestroy {
  onModuleDestroy(): void {
    this.close('onModuleDestroy');
  }
}

class ClosesBeforeShutdown extends Database implements BeforeApplicationShutdown {
  beforeApplicationShutdown(): void {
    this.close('beforeApplicationShutdown');
  }
}

class ClosesOnShutdown extends Database implements OnApplicationShutdown {
  onApplicationShutdown(): void {
    this.close('onApplicationShutdown');
  }
}

const DATABASES = {
  onModuleDestroy: ClosesOnModuleDestroy,
  beforeApplicationShutdown: ClosesBeforeShutdown,
  onApplicationShutdown: ClosesOnShutdown,
} as const;

/** Ends the running tasks when it is told to. */
class Gate {
  release = (): void => {};
  readonly opened = new Promise<void>((resolve) => {
    this.release = resolve;
  });
}

const DATABASE = Symbol('database');
const GATE = Symbol('gate');

@Injectable()
class Tasks {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(GATE) private readonly gate: Gate,
  ) {}

  @Task('slow')
  @Task('slow', { connection: 'eu' })
  async slow(connection: string): Promise<void> {
    events.push(`${connection} started`);
    await this.gate.opened;
    this.database.query();
    events.push(`${connection} ended`);
  }

  @OnTaskEvent('drained')
  @OnTaskEvent('drained', { connection: 'eu' })
  drained(): void {
    this.database.query();
    events.push('drained');
  }
}

/** A connection by default and one in Europe. */
const connections = (): DynamicModule[] => [
  SqsCeleryModule.forRoot(localOptions(sqs)),
  SqsCeleryModule.forRoot(localOptions(eu, { name: 'eu' })),
];

type Placing = (database: Provider, gate: Provider) => Type;

/** Where the handlers and the database are. */
const PLACINGS: Record<string, Placing> = {
  "AppModule's own providers": (database, gate) => {
    @Module({ imports: connections(), providers: [Tasks, database, gate] })
    class AppModule {}
    return AppModule;
  },
  'a feature module, and the database in another': (database, gate) => {
    @Module({ providers: [database], exports: [DATABASE] })
    class DatabaseModule {}
    @Module({ imports: [DatabaseModule], providers: [Tasks, gate] })
    class FeatureModule {}
    @Module({ imports: [FeatureModule, ...connections()] })
    class AppModule {}
    return AppModule;
  },
  'a feature module that imports the connections itself': (database, gate) => {
    const [here, europe] = connections();
    @Module({ imports: [europe ?? Tasks], providers: [Tasks, database, gate] })
    class FeatureModule {}
    @Module({ imports: [here ?? Tasks, FeatureModule] })
    class AppModule {}
    return AppModule;
  },
};

describe.each(Object.keys(DATABASES) as (keyof typeof DATABASES)[])('a database that closes in %s', (hook) => {
  it.each(Object.entries(PLACINGS))('serves tasks of all connections to their end: %s', async (_, placing) => {
    const gate = new Gate();
    const log = new RecordingLogger();
    const root = placing({ provide: DATABASE, useClass: DATABASES[hook] }, { provide: GATE, useValue: gate });
    const app = await Test.createTestingModule({ imports: [root] })
      .setLogger(log)
      .compile();
    await app.init();
    await app.get(TaskProducer).delay('slow', 'here');
    await app.get<TaskProducer>('TaskProducer:eu').delay('slow', 'eu');
    await until(() => events.length === 2, 'both tasks');
    const closing = app.close();
    await until(() => log.text().includes('Warm shutdown'), 'the drain');
    gate.release();
    await closing;
    expect(events.slice(0, 2).toSorted()).toEqual(['eu started', 'here started']);
    expect(events.slice(2, -1).toSorted()).toEqual(['drained', 'drained', 'eu ended', 'here ended']);
    expect(events.at(-1)).toBe(`closed in ${hook}`);
    for (const endpoint of [sqs, eu]) expect(endpoint.queue('celery').messages).toHaveLength(0);
  });
});

import { Injectable, Module, Scope, applyDecorators, SetMetadata } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { expect, it } from 'vitest';
import { Task, TaskContext, TaskRequest } from 'nestjs-sqs-celery';
import { startApp, until, type AppSetUp } from './nest.test-support.js';

const ran: string[] = [];

/** Another library's method decorator: it replaces the method. */
function Traced(_prototype: object, _name: string, descriptor: PropertyDescriptor): PropertyDescriptor {
  const original = descriptor.value as (...args: unknown[]) => unknown;
  return {
    ...descriptor,
    value(...args: unknown[]) {
      ran.push('traced');
      return original.apply(this, args);
    },
  };
}

@Injectable()
class Plain {
  @Task('plain')
  run(text: string, @TaskContext() task: TaskRequest): void {
    ran.push(`${this.constructor.name}:${text}:${task.task}`);
  }
}

abstract class Base {
  @Task('inherited')
  run(text: string): void {
    ran.push(`${this.constructor.name}:${text}`);
  }
}

@Injectable()
class Derived extends Base {}

@Injectable()
class Overriding extends Base {
  override run(text: string): void {
    ran.push(`overridden:${text}`);
  }
}

@Injectable()
class Wrapped {
  @Task('traced-above')
  @Traced
  above(text: string): void {
    ran.push(`above:${text}`);
  }

  @Traced
  @Task('traced-below')
  below(text: string): void {
    ran.push(`below:${text}`);
  }

  @applyDecorators(SetMetadata('x', 1), Task('composed'))
  composed(text: string): void {
    ran.push(`composed:${text}`);
  }

  @Task('old-name')
  @Task('new-name')
  renamed(text: string, @TaskContext() task: TaskRequest): void {
    ran.push(`${task.task}:${text}`);
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends Plain {}

@Injectable({ scope: Scope.TRANSIENT })
class Transient extends Plain {}

async function runs(setUp: AppSetUp, task: string): Promise<string[]> {
  ran.length = 0;
  await using running = await startApp(setUp);
  await running.tasks.delay(task, 'x');
  await until(() => running.log.text().includes('succeeded'), task);
  return [...ran];
}

it.each<[string, AppSetUp, string, string[]]>([
  ['a class', { providers: [Plain] }, 'plain', ['Plain:x:plain']],
  ['a token', { providers: [{ provide: 'P', useClass: Plain }] }, 'plain', ['Plain:x:plain']],
  ['a factory', { providers: [{ provide: 'P', useFactory: async () => new Plain() }] }, 'plain', ['Plain:x:plain']],
  ['a value', { providers: [{ provide: 'P', useValue: new Plain() }] }, 'plain', ['Plain:x:plain']],
  ['an alias', { providers: [Plain, { provide: 'P', useExisting: Plain }] }, 'plain', ['Plain:x:plain']],
  ['request scope', { providers: [PerRequest] }, 'plain', ['PerRequest:x:plain']],
  [
    'request scope under a token',
    { providers: [{ provide: 'P', useClass: PerRequest }] },
    'plain',
    ['PerRequest:x:plain'],
  ],
  ['transient scope', { providers: [Transient] }, 'plain', ['Transient:x:plain']],
  ['an inherited method', { providers: [Derived] }, 'inherited', ['Derived:x']],
  ['an overridden method', { providers: [Overriding] }, 'inherited', ['overridden:x']],
  ['another decorator below', { providers: [Wrapped] }, 'traced-above', ['traced', 'above:x']],
  ['another decorator above', { providers: [Wrapped] }, 'traced-below', ['traced', 'below:x']],
  ['a composed decorator', { providers: [Wrapped] }, 'composed', ['composed:x']],
  ['a second name', { providers: [Wrapped] }, 'old-name', ['old-name:x']],
  ['a first name', { providers: [Wrapped] }, 'new-name', ['new-name:x']],
])('finds the tasks of %s', async (_, setUp, task, expected) => {
  expect(await runs(setUp, task)).toEqual(expected);
});

it('registers a method once when factories and aliases give the same object', async () => {
  const providers = [Plain, { provide: 'A', useFactory: (plain: Plain) => plain, inject: [Plain] }];
  expect(await runs({ providers }, 'plain')).toEqual(['Plain:x:plain']);
});

it('runs the tasks of a class in two modules once, and says so', async () => {
  @Module({ providers: [Plain] })
  class First {}
  @Module({ providers: [Plain] })
  class Second {}
  ran.length = 0;
  await using running = await startApp({ imports: [First, Second] });
  await running.tasks.delay('plain', 'x');
  await until(() => running.log.text().includes('succeeded'), 'plain');
  expect(ran).toHaveLength(1);
  expect(running.log.of({ level: 'warn' })).toContainEqual(
    expect.stringContaining('Plain.run (First): Second has another instance'),
  );
});

it('leaves values that are no objects with a class alone', async () => {
  const providers = [Plain, { provide: 'NULL', useValue: null }, { provide: 'TEXT', useValue: 'text' }];
  const bare = { provide: 'BARE', useValue: Object.create(null) as object };
  expect(await runs({ providers: [...providers, bare] }, 'plain')).toEqual(['Plain:x:plain']);
});

it('does not see modules that are loaded lazily', async () => {
  @Module({ providers: [Plain] })
  class Lazy {}
  await using running = await startApp({ providers: [Wrapped] });
  await running.app.get(LazyModuleLoader).load(() => Lazy);
  expect(running.log.text()).not.toContain('. plain');
});

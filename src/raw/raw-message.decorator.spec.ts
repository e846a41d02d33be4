import 'reflect-metadata';
import { ENTRY_PROVIDER_WATERMARK } from '@nestjs/common/internal';
import { describe, expect, it } from 'vitest';
import { taskMetadata } from '../tasks/task-metadata.accessor.js';
import { RawMessageContext } from './raw-message-context.decorator.js';
import { RawMessage } from './raw-message.decorator.js';

class Base {
  @RawMessage('a', 'b')
  @RawMessage('c')
  handle(@RawMessageContext() _message: unknown, _payload: object): void {}
}

class Narrower extends Base {
  @RawMessage('d')
  override handle(_message: unknown, ..._rest: never[]): void {}
}

class Inheriting extends Base {}

const queues = (prototype: object): unknown[] =>
  taskMetadata.rawMessages(prototype, 'handle').flatMap((rawMessage) => rawMessage.queues);

describe('@RawMessage', () => {
  it('takes several queues, and stands several times', () => {
    expect(queues(Base.prototype)).toEqual(['c', 'a', 'b']);
  });

  it('makes the parameter without a decorator the payload', () => {
    expect(taskMetadata.parameters(Base.prototype, 'handle')).toMatchObject([{ index: 1, kind: 'positional' }]);
  });

  it('is inherited, and replaced by that of an overriding method', () => {
    expect(queues(Inheriting.prototype)).toEqual(['c', 'a', 'b']);
    expect(queues(Narrower.prototype)).toEqual(['d']);
    expect(taskMetadata.rawMessages(Narrower.prototype, 'handle')).toMatchObject([{ rest: true }]);
    expect(taskMetadata.tasks(Base.prototype, 'handle')).toEqual([]);
  });

  it('has Nest give the class its global enhancers', () => {
    expect(Reflect.getMetadata(ENTRY_PROVIDER_WATERMARK, Base)).toBe(true);
  });

  it('takes a connection after the queues', () => {
    class Connected {
      @RawMessage('a', 'b', { connection: 'eu' })
      handle(): void {}
    }
    expect(taskMetadata.rawMessages(Connected.prototype, 'handle')).toMatchObject([
      { queues: ['a', 'b'], connection: 'eu' },
    ]);
    expect(taskMetadata.rawMessages(Base.prototype, 'handle')[0]).toMatchObject({ connection: 'default' });
  });

  it('refuses what cannot be found again', () => {
    const symbol = Symbol('handle');
    expect(() => {
      class Named {
        @RawMessage('a')
        [symbol](): void {}
      }
      return Named;
    }).toThrow(/not Symbol\(handle\)/);
  });
});

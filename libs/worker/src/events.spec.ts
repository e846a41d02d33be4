import { expect, it, vi } from 'vitest';
import { WorkerEvents } from './events.js';

it('counts what happened, with or without a listener', () => {
  const events = new WorkerEvents(() => undefined);
  events.emit('hookFailed', { hook: 'a', error: 1 });
  const end = events.on('hookFailed', () => undefined);
  events.emit('hookFailed', { hook: 'b', error: 2 });
  end();
  events.emit('storeFailed', { store: 'c', error: 3 });
  expect(events.counts).toEqual({ hookFailed: 2, storeFailed: 1 });
});

it('tells a listener until it ends, and of one that throws', () => {
  const [failed, heard] = [vi.fn<() => void>(), vi.fn<() => void>()];
  const events = new WorkerEvents(failed);
  events.on('hookFailed', () => {
    throw new Error('listener');
  });
  const end = events.on('hookFailed', heard);
  events.emit('hookFailed', { hook: 'a', error: 1 });
  end();
  events.emit('hookFailed', { hook: 'b', error: 2 });
  expect(heard).toHaveBeenCalledTimes(1);
  expect(failed).toHaveBeenCalledTimes(2);
});

import { expect, it } from 'vitest';
import { Listeners } from './listeners.js';

interface Events {
  a: number;
  b: string;
}

/** A list of what happened, and listeners that write it. */
function recorded(): { log: string[]; listeners: Listeners<Events> } {
  const log: string[] = [];
  return { log, listeners: new Listeners((error, event) => log.push(`${event}: ${String(error)}`)) };
}

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('has listeners until they end', () => {
  const { log, listeners } = recorded();
  const listener = (value: number): unknown => log.push(`a ${value}`);
  expect(listeners.has('a')).toBe(false);
  const end = listeners.on('a', listener);
  listeners.on('a', listener);
  listeners.tell('a', 1);
  end();
  end();
  listeners.tell('a', 2);
  listeners.tell('b', 'nobody listens');
  expect(log).toEqual(['a 1', 'a 1', 'a 2']);
  expect([listeners.has('a'), listeners.has('b')]).toEqual([true, false]);
});

it('tells all, though one ends itself or throws', () => {
  const { log, listeners } = recorded();
  const end: () => void = listeners.on('a', () => end());
  listeners.on('a', () => {
    throw new Error('x');
  });
  listeners.on('a', () => log.push('last'));
  listeners.tell('a', 1);
  expect(log).toEqual(['a: Error: x', 'last']);
});

it('waits for nobody it tells, but knows of them', async () => {
  const { log, listeners } = recorded();
  listeners.on('a', async (value) => {
    await later();
    if (value === 1) listeners.tell('a', 2);
    log.push(`a ${value}`);
  });
  listeners.on('a', () => Promise.reject(new Error('x')));
  listeners.tell('a', 1);
  expect([log, listeners.unfinished]).toEqual([[], 2]);
  await listeners.settled();
  expect(log.toSorted()).toEqual(['a 1', 'a 2', 'a: Error: x', 'a: Error: x']);
  expect(listeners.unfinished).toBe(0);
});

it('asks one after the other, whatever one of them throws', async () => {
  const { log, listeners } = recorded();
  listeners.on('b', async (value) => {
    await later();
    log.push(`slow ${value}`);
    throw new Error('x');
  });
  listeners.on('b', (value) => log.push(`quick ${value}`));
  await listeners.ask('b', '1');
  expect(log).toEqual(['slow 1', 'b: Error: x', 'quick 1']);
});

it('insists: the first that throws ends it', async () => {
  const { log, listeners } = recorded();
  listeners.on('b', async () => {
    await later();
    log.push('first');
  });
  listeners.on('b', () => {
    throw new Error('no');
  });
  listeners.on('b', () => log.push('last'));
  await expect(listeners.insist('b', '1')).rejects.toThrow('no');
  expect(log).toEqual(['first']);
});

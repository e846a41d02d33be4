import { systemClock, signature } from '#celery';
import { MemoryResultStore } from '#backends';
import { describe, expect, it } from 'vitest';
import { deadLetterResults } from './dead-letter-results-assembly.js';
import { Bench, STANDARD, body, withRedrive } from '../worker.test-support.js';

const SOURCE = withRedrive(STANDARD, 3);

/** What reads the dead-letter queue of an application with these results. */
function setUp() {
  const store = new MemoryResultStore();
  const bench = new Bench();
  const { registry, sender, events } = bench;
  const route = () => ({ queue: STANDARD.name });
  const worker = { registry, sender, publisher: sender, clock: systemClock, events, hostname: 'celery@test', route };
  const log = { debug: () => {}, warn: () => {} };
  const results = deadLetterResults({ ...worker, stores: { results: store } }, { sources: [SOURCE], log });
  return { store, bench, results };
}

describe('the results of dead letters', () => {
  it('are parts of chords: the last ends its chord', async () => {
    const { store, bench, results } = setUp();
    const chord = signature('tsum', { taskId: 'body-1', linkError: signature('on_error') });
    store.chords.start('g', { size: 2 });
    await store.chords.report({ groupId: 'g', groupIndex: 1, taskId: 't-1', status: 'SUCCESS', result: 1 });
    const letter = { group: 'g', groupIndex: 0, id: 't-0', embed: { chord } };
    const delivery = bench.delivery({ queue: { ...STANDARD, name: 'dead' }, receiveCount: 4, body: body(letter) });
    expect(await results?.look(delivery)).toBe('recorded');
    expect(await store.get('t-0')).toMatchObject({ status: 'FAILURE', result: { excType: 'WorkerLostError' } });
    expect(await store.get('body-1')).toMatchObject({
      result: { excMessage: ["Dependency t-0 raised WorkerLostError('received 3 times without an outcome')"] },
    });
    expect(bench.sender.published).toMatchObject([{ message: { headers: { task: 'on_error' }, args: ['body-1'] } }]);
  });
});

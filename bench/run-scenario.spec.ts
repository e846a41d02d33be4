import { describe, expect, it } from 'vitest';
import { nodePeer } from './contenders/peers.js';
import type { Run } from './run.js';
import { runScenario } from './run-scenario.js';
import { quickSize } from './scenarios/run-size.js';
import type { Scenario } from './scenarios/scenario.js';

const contenders = ['a', 'b'].map((name) => nodePeer(name, ['true']));

/** A run of two rounds that writes down what is started and stopped. */
function runOf(seen: string[]): Run {
  let endpoints = 0;
  return {
    scenarios: [],
    roster: { contenders, untuned: [], skipped: [] },
    size: { ...quickSize, rounds: 2 },
    redis: undefined,
    startEndpoint: () => {
      const url = `endpoint ${++endpoints}`;
      const stop = (): Promise<void> => Promise.resolve(void seen.push(`${url} stops`));
      const nothing = { createQueue: () => Promise.resolve(''), counts: () => Promise.resolve({}) };
      return Promise.resolve({ ...nothing, url, stop, drained: () => Promise.resolve() });
    },
    progress: () => {},
  };
}

function scenarioOf(seen: string[], changes: Partial<Scenario> = {}): Scenario {
  return {
    name: 's',
    title: 'S',
    metrics: [],
    contenders: (roster) => roster.contenders,
    measure: ({ name }, { endpoint }) => Promise.resolve({ n: seen.push(`${name} on ${endpoint.url}`) }),
    ...changes,
  };
}

describe('runScenario', () => {
  it('lets contenders take turns on one endpoint', async () => {
    const seen: string[] = [];
    const { measured } = await runScenario(scenarioOf(seen), runOf(seen));
    const turn = ['a on endpoint 1', 'b on endpoint 1'];
    expect(seen).toEqual([...turn, ...turn, 'endpoint 1 stops']);
    expect(measured.rows).toEqual([
      { contender: 'a', rounds: [{ n: 1 }, { n: 3 }] },
      { contender: 'b', rounds: [{ n: 2 }, { n: 4 }] },
    ]);
  });

  it('runs once those that do, and gives each an endpoint where they run together', async () => {
    const seen: string[] = [];
    const together = scenarioOf(seen, { once: true, together: true });
    const { measured } = await runScenario(together, runOf(seen));
    expect(seen).toEqual(expect.arrayContaining(['a on endpoint 1', 'b on endpoint 2', 'endpoint 1 stops']));
    expect(measured.rows.map(({ rounds }) => rounds.length)).toEqual([1, 1]);
  });

  it('goes on without the rounds that failed, and tells of them', async () => {
    const seen: string[] = [];
    const measure: Scenario['measure'] = ({ name }) =>
      name === 'a' ? Promise.reject(new Error('has ended')) : Promise.resolve({ n: 1 });
    const { measured, failures } = await runScenario(scenarioOf(seen, { measure, once: true }), runOf(seen));
    expect(failures).toEqual([{ scenario: 's', contender: 'a', message: 'has ended' }]);
    expect(measured.rows.map(({ rounds }) => rounds)).toEqual([[], [{ n: 1 }]]);
    expect(seen).toEqual(['endpoint 1 stops']);
  });

  it('adds what all rows together say', async () => {
    const derived: Scenario['derived'] = (rows) => rows.slice(1);
    const { measured } = await runScenario(scenarioOf([], { derived }), runOf([]));
    expect(measured.rows.map(({ contender }) => contender)).toEqual(['b']);
  });
});

import { describe, expect, it } from 'vitest';
import type { Figures, Measured } from '../report/figures.js';
import { budgetsOf } from './budgets.js';
import { budgetTable } from './budget-table.js';

const OURS = 'nestjs-sqs-celery';

function measured(scenario: string, rows: Readonly<Record<string, Figures>>): Measured {
  const all = Object.entries(rows).map(([contender, figures]) => ({ contender, rounds: [figures] }));
  return { scenario, title: scenario, note: undefined, metrics: [], seconds: 1, rows: all };
}

/** A run in which every goal is reached exactly. */
const run: readonly Measured[] = [
  measured('backlog-results', {
    [OURS]: { requests: 0.31, workerCpuMs: 0.18, tasksPerSecond: 3000 },
    'Celery 5.7.0, prefork 2': { tasksPerSecond: 200 },
    'Celery 5.6.2, prefork 2': { tasksPerSecond: 100 },
  }),
  measured('backlog', { [OURS]: { workerCpuMs: 0.13, tasksPerSecond: 80 }, 'bare SDK loop': { tasksPerSecond: 100 } }),
  measured('backlog-100', { [OURS]: { tasksPerSecond: 95 }, 'bare SDK loop': { tasksPerSecond: 100 } }),
  measured('timed-100', { [OURS]: { workerRequests: 0.22 } }),
  measured('timed-10', { [OURS]: { workerRequests: 0.75 } }),
  measured('timed-10-prefetch', { [OURS]: { workerRequests: 0.25 } }),
  measured('producer', { [OURS]: { burstCpuMs: 0.12, tenCpuMs: 0.12 } }),
  measured('idle', { [OURS]: { perHour: 181, afterBurst: 10 } }),
  measured('bodies', { [OURS]: { celery: 1200, base64: 1200, compact: 900 } }),
  measured('latency', {
    [OURS]: { p50Ms: 5.5 },
    'Celery 5.7.0, prefork 2': { p50Ms: 10 },
    'Celery 5.6.2, prefork 2': { p50Ms: 20 },
    'Celery 5.6.2, solo': { p50Ms: 8 },
  }),
  measured('recovery', { [OURS]: { seconds: 32 } }),
  measured('memory', { [OURS]: { pssEndMb: 120, growthMb: 5, tasks: 1_000_000 } }),
];

function changed(scenario: string, figures: Figures): readonly Measured[] {
  const others = run.filter((one) => one.scenario !== scenario);
  return [...others, measured(scenario, { [OURS]: figures })];
}

describe('budgetsOf', () => {
  it('has one for each of the eleven rows, met where the goals are reached', () => {
    const budgets = budgetsOf(run);
    expect(budgets).toHaveLength(11);
    expect(budgets.filter(({ met }) => !met)).toEqual([]);
  });

  it('is met by nothing that was not measured', () => {
    const budgets = budgetsOf([]);
    expect(budgets.some(({ met }) => met)).toBe(false);
    expect(budgets.every(({ value }) => value === null)).toBe(true);
  });

  it('misses what is a little too much', () => {
    expect(missed(changed('recovery', { seconds: 32.1 }))).toEqual(['lease + 2 s']);
    expect(missed(changed('idle', { perHour: 180, afterBurst: 11 }))).toEqual(['more after a burst']);
  });

  it('takes the growth of a million tasks only', () => {
    const growth = budgetsOf(changed('memory', { pssEndMb: 100, growthMb: 0, tasks: 999_999 })).at(-1)?.parts[1];
    expect(growth).toMatchObject({ value: null, met: false });
  });
});

describe('budgetTable', () => {
  it('says of each part whether it is met', () => {
    const rows = budgetTable(budgetsOf(changed('recovery', { seconds: 40 }))).split('\n');
    expect(rows.find((row) => row.includes('kill -9'))).toMatch(/40 .*≤ 32 s .*no \|$/);
    expect(budgetTable(budgetsOf([]))).toContain('not measured');
  });
});

function missed(of: readonly Measured[]): string[] {
  return budgetsOf(of).flatMap(({ parts }) => parts.filter(({ met }) => !met).map(({ name }) => name));
}

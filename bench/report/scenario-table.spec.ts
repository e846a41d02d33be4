import { describe, expect, it } from 'vitest';
import type { Measured } from './figures.js';
import { ratioOf, scenarioTable } from './scenario-table.js';

const measured: Measured = {
  scenario: 's',
  title: 'S',
  note: undefined,
  metrics: [{ key: 'ms', title: 'time', unit: 'ms', digits: 1 }],
  seconds: 1,
  rows: [
    { contender: 'ours', rounds: [{ ms: 1 }, { ms: 9 }, { ms: 2 }] },
    { contender: 'theirs', rounds: [{ ms: 7 }] },
    { contender: 'absent', rounds: [] },
  ],
};

describe('scenarioTable', () => {
  it('shows medians, and behind those of others the ratio to the reference', () => {
    const rows = scenarioTable(measured, 'ours').split('\n').slice(2);
    expect(rows.map((row) => row.split('|')[2]?.trim())).toEqual(['2.0', '7.0 (3.5 ×)', '–']);
  });

  it('shows no ratio where the reference is missing', () => {
    expect(scenarioTable(measured, 'nobody')).not.toContain('×');
  });
});

describe('ratioOf', () => {
  it('is undefined without a base, or with one of nothing', () => {
    expect([ratioOf(1, undefined), ratioOf(1, 0), ratioOf(1, 2)]).toEqual([undefined, undefined, 0.5]);
  });
});

import { expect, it } from 'vitest';
import { quickSize } from '../scenarios/run-size.js';
import { asJson, asMarkdown, type Report } from './report.js';

const report: Report = {
  command: 'npm run bench',
  startedAt: '2026-01-01T00:00:00.000Z',
  seconds: 61,
  machine: { node: 'v20', platform: 'linux x64', cpu: 'a CPU', cpus: 2, memoryGb: 8, load: 0.1 },
  size: quickSize,
  run: [
    {
      scenario: 's',
      title: 'A scenario',
      note: 'A note.',
      metrics: [{ key: 'ms', title: 'time', unit: 'ms', digits: 0 }],
      seconds: 61,
      rows: [
        { contender: 'nestjs-sqs-celery', rounds: [{ ms: 2 }, { ms: 4 }] },
        { contender: 'peer', rounds: [{ ms: 6 }, {}] },
        { contender: 'absent', rounds: [] },
      ],
    },
  ],
  budgets: [],
  skipped: [{ name: 'a peer', reason: 'it is not installed' }],
  failures: [{ scenario: 's', contender: 'absent', message: 'has ended' }],
};

it('gives programs medians, rounds and ratios', () => {
  const { scenarios, budgets, skipped } = JSON.parse(asJson(report)) as Record<string, unknown>;
  expect({ budgets, skipped }).toEqual({ budgets: [], skipped: report.skipped });
  expect(scenarios).toMatchObject([
    {
      name: 's',
      rows: [
        { contender: 'nestjs-sqs-celery', figures: { ms: { median: 3, ratio: 1, rounds: [2, 4] } } },
        { contender: 'peer', figures: { ms: { median: 6, ratio: 2, rounds: [6, null] } } },
        { contender: 'absent', figures: {} },
      ],
    },
  ]);
});

it('tells people what was skipped, and what failed', () => {
  const text = asMarkdown(report);
  expect(text).toContain('- a peer: it is not installed');
  expect(text).toContain('- s, absent: has ended');
  expect(text).toContain('2026-01-01T00:00:00.000Z, 1:01 min: ');
  expect(text).toContain('A note.');
});

it('quotes what a program said in lines of its own', () => {
  const failures = [{ scenario: 's', contender: 'absent', message: 'it said:\nError: <x>\n    at y' }];
  expect(asMarkdown({ ...report, failures })).toContain(
    '- s, absent: \n\n  ```\n  it said:\n  Error: <x>\n      at y\n  ```',
  );
});

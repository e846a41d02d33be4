import type { Budget } from '../budgets/budget.js';
import { budgetTable } from '../budgets/budget-table.js';
import type { Skipped } from '../contenders/roster.js';
import { OURS } from '../contenders/ours.js';
import { elapsed } from '../progress.js';
import type { RunSize } from '../scenarios/run-size.js';
import { medianOf, type Measured } from './figures.js';
import type { Machine } from './machine.js';
import { ratioOf, scenarioTable } from './scenario-table.js';

/** Something that went wrong; its row lacks a round. */
export interface Failure {
  readonly scenario: string;
  readonly contender: string;
  readonly message: string;
}

/** All that a run has to say. */
export interface Report {
  readonly command: string;
  readonly startedAt: string;
  /** That the run took. */
  readonly seconds: number;
  readonly machine: Machine;
  readonly size: RunSize;
  readonly run: readonly Measured[];
  readonly budgets: readonly Budget[];
  readonly skipped: readonly Skipped[];
  readonly failures: readonly Failure[];
}

/** For people, as Markdown. */
export function asMarkdown(report: Report): string {
  const { machine, size, run, budgets, skipped, failures } = report;
  return [
    `\`${report.command}\`, ${report.startedAt}, ${elapsed(report.seconds)}: Node ${machine.node}, ${machine.cpus} × ${machine.cpu}, load ${machine.load.toFixed(2)} before.`,
    `${size.tasks} tasks counted (${size.celeryTasks} of Celery) after a quarter of that uncounted; ${size.rounds === 1 ? 'one round' : `medians of ${size.rounds} rounds`}; in brackets the ratio to ${OURS}.`,
    ...run.map((measured) => section(measured)),
    `### Budgets\n\n${budgetTable(budgets)}`,
    ...list(
      'Skipped',
      skipped.map(({ name, reason }) => `${name}: ${reason}`),
    ),
    ...list(
      'Failed',
      failures.map(({ scenario, contender, message }) => `${scenario}, ${contender}: ${asItem(message)}`),
    ),
  ].join('\n\n');
}

function section(measured: Measured): string {
  const note = measured.note === undefined ? '' : `\n\n${measured.note}`;
  return `### ${measured.title}\n\n${scenarioTable(measured, OURS)}${note}`;
}

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`### ${title}\n\n${items.map((item) => `- ${item}`).join('\n')}`];
}

/** What a program said has lines of its own. */
function asItem(message: string): string {
  const lines = message.trimEnd().split('\n');
  return lines.length === 1 ? message : ['', '', '```', ...lines, '```'].join('\n  ').replaceAll(/^ +$/gm, '');
}

/** For programs; docs/benchmarks.md says what the keys mean. */
export function asJson({ run, ...rest }: Report): string {
  return `${JSON.stringify({ ...rest, scenarios: run.map(scenarioJson) }, null, 2)}\n`;
}

function scenarioJson({ scenario, rows, ...said }: Measured): object {
  const base = rows.find(({ contender }) => contender === OURS);
  const figures = (row: (typeof rows)[number]): object =>
    Object.fromEntries(
      said.metrics.flatMap(({ key }) => {
        const median = medianOf(row, key);
        if (median === undefined) return [];
        const ratio = ratioOf(median, medianOf(base, key)) ?? null;
        return [[key, { median, ratio, rounds: row.rounds.map((round) => round[key] ?? null) }]];
      }),
    );
  return { name: scenario, ...said, rows: rows.map((row) => ({ contender: row.contender, figures: figures(row) })) };
}

import { table } from '../report/table.js';
import type { Budget, Part } from './budget.js';

/** A line for each part, below the name of its row. */
export function budgetTable(budgets: readonly Budget[]): string {
  const rows = budgets.flatMap(({ name, unit, parts }) =>
    parts.map((part, index) => [index === 0 ? name : '', part.name, value(part), goal(part, unit), verdict(part)]),
  );
  return table(['budget', 'of', 'value', 'goal', 'met'], rows);
}

function value({ value: measured }: Part): string {
  return measured === null ? 'not measured' : String(Number(measured.toPrecision(3)));
}

function goal({ goal: number, bound }: Part, unit: string): string {
  return `${bound === 'most' ? '≤' : '≥'} ${number} ${unit}`;
}

function verdict({ value: measured, met }: Part): string {
  if (measured === null) return '–';
  return met ? 'yes' : 'no';
}

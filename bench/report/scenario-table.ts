import { medianOf, type Measured, type Metric, type Row } from './figures.js';
import { table } from './table.js';

/**
 * The medians of one scenario, a row for each contender. Behind each stands its ratio to that of `reference`, where both are there.
 */
export function scenarioTable({ metrics, rows }: Measured, reference: string): string {
  const base = rows.find(({ contender }) => contender === reference);
  const header = ['', ...metrics.map(({ title, unit }) => `${title}, ${unit}`)];
  return table(
    header,
    rows.map((row) => [row.contender, ...metrics.map((metric) => shown(row, base, metric))]),
  );
}

/** A median with its ratio. */
function shown(row: Row, base: Row | undefined, { key, digits }: Metric): string {
  const value = medianOf(row, key);
  if (value === undefined) return '–';
  const ratio = ratioOf(value, row === base ? undefined : medianOf(base, key));
  return ratio === undefined ? value.toFixed(digits) : `${value.toFixed(digits)} (${ratio.toPrecision(2)} ×)`;
}

/** Undefined where there is nothing to compare with. */
export function ratioOf(value: number, base: number | undefined): number | undefined {
  return base === undefined || base === 0 ? undefined : value / base;
}

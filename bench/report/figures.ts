import { median } from '../measure/statistics.js';

/** What a column of a table has. */
export interface Metric {
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  /** Digits behind the point. */
  readonly digits: number;
}

/** One measurement by the keys of metrics. */
export type Figures = Readonly<Record<string, number>>;

/** What was measured of one contender in one scenario. */
export interface Row {
  readonly contender: string;
  /** One for each round. */
  readonly rounds: readonly Figures[];
}

/** What was measured in one scenario. */
export interface Measured {
  readonly scenario: string;
  readonly title: string;
  readonly note: string | undefined;
  readonly metrics: readonly Metric[];
  /** That it took, starts and warming up included. */
  readonly seconds: number;
  readonly rows: readonly Row[];
}

/** The median of the rounds; undefined where there are none. */
export function medianOf(row: Row | undefined, key: string): number | undefined {
  const values = row?.rounds.flatMap((figures) => figures[key] ?? []) ?? [];
  return values.length === 0 ? undefined : median(values);
}

/** A figure in a whole run; undefined where it was not measured. */
export function figureOf(
  run: readonly Measured[],
  scenario: string,
  contender: string,
  key: string,
): number | undefined {
  const measured = run.find((one) => one.scenario === scenario);
  return medianOf(
    measured?.rows.find((row) => row.contender === contender),
    key,
  );
}

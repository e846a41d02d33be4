import { readPage } from './markdown.js';

const PAGE = 'docs/reference/acknowledgement.md';

/** The columns of the tables of situations, in their order. */
export const COLUMNS = [
  'id',
  'situation',
  'Celery on SQS',
  '`acksLate: true`',
  '`acksLate: false`',
  'stored',
  'sent',
  'event, log',
  'why',
] as const;
export type Column = (typeof COLUMNS)[number];

/** One situation of the page: its cells as they stand there. */
export type SituationRow = Readonly<Record<Column, string>>;

/** One row of the table of options. `given`: header, task option and `storeErrorsEvenIfIgnored`. */
export interface IgnoreRow {
  readonly id: string;
  readonly given: readonly [header: string, option: string, errors: string];
  /** `stored` or `dropped`. */
  readonly success: string;
  readonly error: string;
}

/** The situations of both tables: ids beginning with `A` and `B`. */
export function situationRows(): SituationRow[] {
  return rows(/^[AB]\d+$/).map(
    (cells) => Object.fromEntries(COLUMNS.map((column, index) => [column, cells[index] ?? ''])) as SituationRow,
  );
}

/** The rows of the table about `ignoreResult`: ids beginning with `C`. */
export function ignoreRows(): IgnoreRow[] {
  return rows(/^C\d+$/).map(([id = '', header = '', option = '', errors = '', success = '', error = '']) => ({
    id,
    given: [header, option, errors].map((cell) => cell.replaceAll('`', '')) as [string, string, string],
    success,
    error,
  }));
}

/** What stands in backticks in a cell. */
export function codeSpans(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? '');
}

/** The cells of every row of a table whose first cell matches; the headings of tables are none. */
export function rows(id: RegExp): string[][] {
  return readPage(PAGE)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    )
    .filter(([first = '']) => id.test(first));
}

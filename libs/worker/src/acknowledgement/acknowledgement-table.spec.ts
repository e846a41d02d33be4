import { encodeMessage } from '#celery';
import { describe, expect, it } from 'vitest';
// The page says what is played here: one reader of its tables for both suites.
import {
  codeSpans,
  ignoreRows,
  situationRows,
  type Column,
  type IgnoreRow,
  type SituationRow,
} from '../../../../test/docs/support/acknowledgement-page.js';
import { BEFORE } from './acknowledgement-before.test-support.js';
import { EXECUTION } from './acknowledgement-execution.test-support.js';
import {
  Boom,
  CELLS,
  play,
  shortOf,
  withoutIgnored,
  type Cell,
  type ResultMode,
  type Seen,
  type Situation,
} from './acknowledgement-table.test-support.js';

const SITUATIONS: Readonly<Record<string, Situation>> = { ...BEFORE, ...EXECUTION };
const MODES: readonly ResultMode[] = ['kept', 'ignored', 'errors only'];

function cellsOf({ happens = () => true }: Situation): Cell[] {
  return CELLS.filter(happens);
}

/** The situation with each of the messages that come to the same. */
function variants(situation: Situation): Situation[] {
  return [situation, ...(situation.alternatives ?? []).map((body) => ({ ...situation, body }))];
}

/** What is done in this mode, and what is stored in the end. */
function expected(situation: Situation, cell: Cell, mode: ResultMode): unknown {
  const planned = situation.steps(cell);
  const done = situation.storedRegardless ? planned : withoutIgnored(planned, mode);
  return { mode, done: [...done], kept: done.findLast((step) => step.startsWith('store ')) };
}

async function seen(situation: Situation, cell: Cell, mode: ResultMode): Promise<unknown> {
  const { steps: done, stored: kept } = await play(situation, cell, mode);
  return { mode, done, kept: kept && `store ${shortOf(kept)}` };
}

describe.each(Object.entries(SITUATIONS))('%s', (_id, situation) => {
  it.each(cellsOf(situation).map((cell) => [cell.queue, cell.acksLate, cell] as const))(
    'on a queue: %s, with acksLate: %s',
    async (_queue, _acksLate, cell) => {
      for (const mode of situation.modes ?? MODES) {
        for (const variant of variants(situation)) {
          expect(await seen(variant, cell, mode)).toEqual(expected(situation, cell, mode));
        }
      }
    },
  );
});

const FATES = new Set(['delete', 'give back', 'dead-letter', 'send again', 'wait']);

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].filter((value) => value !== '').toSorted();
}

/** What becomes of the message, one sequence for each kind of queue that differs. */
function fates(situation: Situation, acksLate: boolean): string[] {
  const cells = cellsOf(situation).filter((cell) => cell.acksLate === acksLate);
  return distinct(
    cells.map((cell) =>
      situation
        .steps(cell)
        .filter((step) => FATES.has(step))
        .join(', '),
    ),
  );
}

/** What follows `prefix` in the steps of all cells. */
function steps(situation: Situation, prefix: string): string[] {
  return distinct(
    cellsOf(situation).flatMap((cell) =>
      situation
        .steps(cell)
        .filter((step) => step.startsWith(prefix) && !FATES.has(step))
        // The task's own error has any name.
        .map((step) => step.slice(prefix.length).replace(/ Boom$/, '')),
    ),
  );
}

async function playAll(situation: Situation): Promise<Seen[]> {
  const all: Seen[] = [];
  for (const cell of cellsOf(situation)) all.push(await play(situation, cell, 'kept'));
  return all;
}

const isLogLine = (text: string): boolean => /^(DEBUG|INFO|WARNING|ERROR) /.test(text);

/** A line of the log in which `…` stands for anything. */
function linePattern(line: string): RegExp {
  return new RegExp(`^${line.split('…').map(escaped).join('.*')}`, 's');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

describe('docs/reference/acknowledgement.md', () => {
  it('has a row for every situation that is played, and no other', () => {
    expect(situationRows().map(({ id }) => id)).toEqual(Object.keys(SITUATIONS));
  });

  describe.each(situationRows().map((row) => [row.id, row] as const))('%s', (id, row: SituationRow) => {
    const situation = SITUATIONS[id] ?? { steps: () => [] };
    const spans = (column: Column): string[] => distinct(codeSpans(row[column]));

    it('says what becomes of the message', () => {
      expect(spans('`acksLate: true`')).toEqual(fates(situation, true));
      const early = row['`acksLate: false`'] === 'the same' ? '`acksLate: true`' : '`acksLate: false`';
      expect(spans(early)).toEqual(fates(situation, false));
    });

    it('says what is stored and sent', () => {
      expect(spans('stored')).toEqual(steps(situation, 'store '));
      expect(spans('sent')).toEqual(steps(situation, 'send '));
    });

    it('says what is reported', async () => {
      const all = await playAll(situation);
      const told = spans('event, log');
      expect(told.filter((text) => !isLogLine(text))).toEqual(distinct(all.flatMap(({ events }) => events)));
      const log = all.flatMap((one) => one.log);
      const missing = told.filter((text) => isLogLine(text) && !log.some((line) => linePattern(text).test(line)));
      expect(missing).toEqual([]);
    });
  });

  it.each(ignoreRows().map((row) => [row.id, row] as const))('%s: what is dropped', async (_id, row) => {
    const success = await stored(row, { options: { trackStarted: true } });
    expect(success).toEqual(row.success === 'stored' ? ['store STARTED', 'store SUCCESS'] : []);
    const failure = await stored(row, {
      handler: () => {
        throw new Boom('no');
      },
    });
    expect(failure).toEqual(row.error === 'stored' ? ['store FAILURE Boom'] : []);
  });
});

/** What is stored of a task with the options of a row. */
async function stored({ given }: IgnoreRow, situation: Partial<Situation>): Promise<string[]> {
  const [header, option, errors] = given;
  const ignoreResult = header === 'absent' ? undefined : header === 'true';
  const options = { ignoreResult: option === 'true', storeErrorsEvenIfIgnored: errors === 'true' };
  const { steps: done } = await play(
    {
      steps: () => [],
      ...situation,
      options: { ...situation.options, ...options },
      body: (message) => encodeMessage({ ...message, headers: { ...message.headers, ignoreResult } }),
    },
    { queue: 'standard', acksLate: true },
    'kept',
  );
  return done.filter((step) => step.startsWith('store '));
}

it.each([
  [1, false],
  [2, true],
])('redelivered at receive %i: %s', async (receiveCount, redelivered) => {
  const told: boolean[] = [];
  const situation: Situation = {
    receives: () => ({ receiveCount }),
    handler: (request) => told.push(request.redelivered),
    steps: () => [],
  };
  for (const cell of CELLS) await play(situation, cell, 'kept');
  expect(told).toEqual(CELLS.map(() => redelivered));
});

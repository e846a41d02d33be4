import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COLUMNS, codeSpans, ignoreRows, rows, situationRows } from './support/acknowledgement-page.js';
import { ROOT } from './support/markdown.js';

const WORKER = 'libs/worker/src/acknowledgement';

/** The ids that the suite beside the worker plays; that it plays what the page says is proved there. */
function playedIds(): string[] {
  return readdirSync(join(ROOT, WORKER))
    .filter((file) => /^acknowledgement-.*\.test-support\.ts$/.test(file))
    .flatMap((file) => [...readFileSync(join(ROOT, WORKER, file), 'utf8').matchAll(/^ {2}([AB]\d+): /gm)])
    .map(([, id = '']) => id);
}

const byNumber = (ids: readonly string[]): string[] =>
  ids.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));

describe('docs/reference/acknowledgement.md', () => {
  it('has a row for each situation that is played, and plays each row', () => {
    expect(byNumber(playedIds())).toEqual(situationRows().map(({ id }) => id));
  });

  it.each(['A', 'B', 'C'])('numbers the rows of table %s without a gap', (table) => {
    const ids = rows(new RegExp(`^${table}\\d+$`)).map(([id]) => id);
    expect(ids.length).toBeGreaterThan(10);
    expect(ids).toEqual(ids.map((_id, index) => `${table}${index + 1}`));
  });

  it('has all columns, and leaves no cell empty', () => {
    expect(rows(/^id$/).slice(0, 2)).toEqual([[...COLUMNS], [...COLUMNS]]);
    const broken = rows(/^[AB]\d+$/).filter((cells) => cells.length !== COLUMNS.length || cells.includes(''));
    expect(broken).toEqual([]);
  });

  it('uses the words that it explains', () => {
    const explained = rows(/^`[a-z -]+`$/).flatMap(([word = '']) => codeSpans(word));
    const used = situationRows().flatMap((row) =>
      codeSpans(`${row['`acksLate: true`']} ${row['`acksLate: false`']}`).flatMap((span) => span.split(', ')),
    );
    expect([...new Set(used)].toSorted()).toEqual(explained.toSorted());
  });

  it('has every combination of what drops a result once', () => {
    const combinations = new Set(ignoreRows().map(({ given }) => given.join()));
    expect(combinations.size).toBe(12);
  });
});

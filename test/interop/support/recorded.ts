import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Program } from './program.js';
import { pythonProject } from './python.js';
import { describeTargets } from './targets.js';

interface Recorded {
  readonly left_out: readonly string[];
  readonly cases: readonly { readonly name: string; readonly sent: unknown }[];
}

/**
 * What Celery sends is still what was recorded of it. `name`: of the table in test/vectors/tables, and of the program that answers
 * each of its cases.
 */
export function describeRecorded(title: string, name: string): void {
  describeTargets(
    title,
    (target) => {
      it('are what Celery sends', async () => {
        const table = new URL(`../../vectors/tables/${name}.json`, import.meta.url);
        const { cases, left_out } = JSON.parse(readFileSync(table, 'utf8')) as Recorded;
        const celery = new Program(`${name}.py`, target.python, ['-u', `${name}.py`], {
          cwd: pythonProject,
          env: { PYTHONDONTWRITEBYTECODE: '1' },
        });
        try {
          for (const one of cases) {
            const answer = celery.nextLine((line) => line.startsWith('{"'));
            celery.write(`${JSON.stringify(one)}\n`);
            const { ok } = JSON.parse(await answer) as { ok?: unknown };
            const { name: title, sent } = one;
            expect({ title, sent: numbered(ok, left_out) }).toEqual({ title, sent: numbered(sent, left_out) });
          }
        } finally {
          await celery.stop();
        }
      });
    },
    ['LocalSqs'],
    undefined,
    // An older Celery sends the rest of a workflow with every message of a header.
    ['5.7.0'],
  );
}

/** Ids by the order in which they are met, without what is drawn or measured. */
function numbered(sent: unknown, leftOut: readonly string[]): unknown {
  const ids = new Map<string, string>();
  const text = JSON.stringify(sent, (name, value: unknown) => {
    if (name === 'stamped_headers' && Array.isArray(value)) return new Set(value).size;
    return name === 'eta' || leftOut.includes(name) ? undefined : value;
  });
  const plain = text.replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, (id) => {
    if (!ids.has(id)) ids.set(id, `id-${ids.size}`);
    return ids.get(id) ?? id;
  });
  return JSON.parse(plain);
}

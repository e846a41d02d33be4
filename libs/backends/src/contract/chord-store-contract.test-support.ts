import { describe, expect, it } from 'vitest';
import { Decimal, type ExceptionInfo } from '#celery';
import type { ChordPart, ChordStore, ResultTuple } from '#celery/ports';
import { withStore, type Body, type Open, type StoreUnderTest } from './store-under-test.test-support.js';

/** A store whose chords the test itself can start, as a producer does. */
export interface ChordsUnderTest {
  readonly chords: ChordStore;
  readonly start: (
    groupId: string,
    known: { readonly size?: number; readonly structure?: ResultTuple },
  ) => Promise<void>;
}

/** What the suite says when it opens a store. */
export interface ChordContractOptions {
  readonly resultExpires?: number;
}

const boom: ExceptionInfo = { excType: 'ValueError', excMessage: ['boom', 42], excModule: 'builtins' };

function part(groupIndex: number | null, given: Partial<ChordPart> = {}): ChordPart {
  return { groupId: 'g', groupIndex, taskId: `t-${groupIndex}`, status: 'SUCCESS', result: groupIndex, ...given };
}

/** A part as a completed chord gives it back. */
function kept({ taskId, status, result }: ChordPart) {
  return { taskId, status, result };
}

const pending = { kind: 'pending' };
const claimed = { kind: 'claimed' };

/** What every {@link ChordStore} does. */
export function chordStoreContract(name: string, open: Open<ChordsUnderTest, ChordContractOptions>): void {
  const using = (body: Body<ChordsUnderTest>, options: ChordContractOptions = {}) => withStore(open, options, body);

  describe(`${name} as a store of chords: counting`, () => {
    it(
      'the last part completes, with all in the order of the header',
      using(async ({ store: { chords, start } }) => {
        await start('g', { size: 12 });
        const others = [11, 3, 0, 10, 1, 2, 9, 8, 7, 6, 5].map((index) => part(index));
        for (const one of others) expect(await chords.report(one)).toEqual(pending);
        const inOrder = Array.from({ length: 12 }, (_, index) => kept(part(index)));
        expect(await chords.report(part(4))).toEqual({ kind: 'complete', parts: inOrder });
      }),
    );

    it(
      'chords are counted apart',
      using(async ({ store: { chords, start } }) => {
        await start('g', { size: 2 });
        await start('h', { size: 1 });
        expect(await chords.report(part(0))).toEqual(pending);
        expect(await chords.report(part(0, { groupId: 'h' }))).toMatchObject({ kind: 'complete' });
      }),
    );

    it(
      'of 100 at once exactly one completes',
      using(async ({ store: { chords, start } }) => {
        await start('g', { size: 100 });
        const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => chords.report(part(index))));
        const complete = answers.filter(({ kind }) => kind === 'complete');
        expect(complete).toHaveLength(1);
        expect(complete[0]).toHaveProperty('parts.length', 100);
        expect(answers.filter(({ kind }) => kind === 'pending')).toHaveLength(99);
      }),
    );

    it(
      'of 100 deliveries of the last part all complete, and of the others none',
      using(async ({ store: { chords, start } }) => {
        await start('g', { size: 2 });
        await chords.report(part(0));
        const parts = Array.from({ length: 100 }, () => part(1));
        const answers = await Promise.all(parts.map((one) => chords.report(one)));
        expect(answers.every(({ kind }) => kind === 'complete')).toBe(true);
        expect(await chords.report(part(0))).toEqual(claimed);
      }),
    );

    it(
      'a task counts once, by its first result',
      using(async ({ store: { chords, start } }) => {
        await start('g', { size: 2 });
        expect(await chords.report(part(0, { result: 'first' }))).toEqual(pending);
        expect(await chords.report(part(0, { result: 'second' }))).toEqual(pending);
        expect(await chords.report(part(0, { status: 'FAILURE', result: boom }))).toEqual(pending);
        const answer = await chords.report(part(1));
        expect(answer).toEqual({ kind: 'complete', parts: [kept(part(0, { result: 'first' })), kept(part(1))] });
        // The worker died before it sent the body, and the task ran again.
        expect(await chords.report(part(1, { result: 'another' }))).toEqual(answer);
      }),
    );

    it(
      'the size may come when parts are there',
      using(async ({ store: { chords, start } }) => {
        expect(await chords.report(part(0))).toEqual(pending);
        await start('g', { size: 2 });
        expect(await chords.report(part(1))).toMatchObject({ kind: 'complete' });
      }),
    );

    it(
      'the size may come when all parts are there: a repeated report completes',
      using(async ({ store: { chords, start } }) => {
        expect(await chords.report(part(0))).toEqual(pending);
        await start('g', { size: 1 });
        expect(await chords.report(part(0))).toMatchObject({ kind: 'complete' });
      }),
    );

    it(
      'parts whose place is not known count by their tasks, behind all others',
      using(async ({ store: { chords, start } }) => {
        await start('g', { size: 3 });
        const nowhere = ['a', 'b'].map((taskId) => part(null, { taskId, result: taskId }));
        for (const one of [...nowhere, ...nowhere]) expect(await chords.report(one)).toEqual(pending);
        const answer = await chords.report(part(7));
        expect(answer).toEqual({ kind: 'complete', parts: [part(7), ...nowhere].map(kept) });
      }),
    );

    it(
      'one task at two places of a header is two parts',
      using(async ({ store: { chords, start } }) => {
        await start('g', { size: 2 });
        expect(await chords.report(part(0, { taskId: 'same', result: 'a' }))).toEqual(pending);
        expect(await chords.report(part(1, { taskId: 'same', result: 'b' }))).toMatchObject({ kind: 'complete' });
      }),
    );

    it(
      'waits for what is added too, which counts once',
      using(async ({ store: { chords, start } }) => {
        // A header grows here, or this suite has nothing to say of it.
        if (!chords.add) return;
        await start('g', { size: 2 });
        await chords.report(part(1));
        for (const taskId of ['more', 'most', 'more']) await chords.add('g', taskId);
        const added = ['more', 'most'].map((taskId) => part(0, { taskId, result: taskId }));
        for (const one of [part(0), part(0), ...added.slice(1)]) expect(await chords.report(one)).toEqual(pending);
        const answer = await chords.report(part(0, { taskId: 'more', result: 'more' }));
        expect(answer).toHaveProperty('parts.length', 4);
        expect(answer).toMatchObject({ kind: 'complete', parts: expect.arrayContaining(added.map(kept)) as unknown });
        await chords.end(part(0, { taskId: 'more' }), 'sent');
        await chords.add('g', 'late');
        expect(await chords.report(part(1))).toEqual(pending);
      }),
    );

    it(
      'what is added may be known before the size is',
      using(async ({ store: { chords, start } }) => {
        if (!chords.add) return;
        await chords.add('g', 'more');
        await chords.report(part(0));
        await start('g', { size: 1 });
        expect(await chords.report(part(0, { taskId: 'more' }))).toMatchObject({ kind: 'complete' });
      }),
    );

    it(
      'keeps types, errors, and ids of any kind',
      using(async ({ store: { chords, start } }) => {
        const groupId = 'gruppe ü:{1}';
        const all = [
          part(0, { groupId, taskId: 'id "ü" \\ 🎉', result: [new Decimal('1.10'), null, 'grün 🎉 \0'] }),
          part(1, { groupId, status: 'FAILURE', result: boom }),
          part(2, { groupId, status: 'REVOKED', result: null }),
        ];
        const last = part(3, { groupId, result: null });
        await start(groupId, { size: 4 });
        for (const one of [...all, ...all]) expect(await chords.report(one)).toEqual(pending);
        expect(await chords.report(last)).toEqual({ kind: 'complete', parts: [...all, last].map(kept) });
      }),
    );

    it(
      'gives the structure of the header, where it has one',
      using(async ({ store: { chords, start } }) => {
        const inner: ResultTuple = [['inner', null], [[['t-0', null], null]]];
        const structure: ResultTuple = [
          ['g', null],
          [inner, [['t-1', null], null]],
        ];
        await start('g', { structure });
        await start('g', { size: 2 });
        await chords.report(part(0));
        expect(await chords.report(part(1))).toMatchObject({ kind: 'complete', structure });
      }),
    );

    it(
      'forgets after the expiry, counted from the last report',
      using(
        async ({ store: { chords, start }, pass }) => {
          await start('g', { size: 3 });
          await chords.report(part(0));
          await pass(0.6);
          await chords.report(part(1));
          await pass(1.1);
          expect(await chords.report(part(2))).toEqual(pending);
          await start('g', { size: 1 });
          expect(await chords.report(part(2))).toMatchObject({ kind: 'complete', parts: [kept(part(2))] });
        },
        { resultExpires: 1 },
      ),
    );
  });

  describe(`${name} as a store of chords: ending`, () => {
    async function completed({ store: { chords, start } }: StoreUnderTest<ChordsUnderTest>): Promise<void> {
      await start('g', { size: 2 });
      await chords.report(part(0));
      await chords.report(part(1));
    }

    it.each(['sent', 'failed'] as const)('after it is %s, nobody completes it again', async (ending) => {
      await using(async (one) => {
        const { chords } = one.store;
        await completed(one);
        await chords.end(part(1), ending);
        for (const late of [part(0), part(1), part(1, { result: 'another' })]) {
          expect(await chords.report(late)).toEqual(pending);
        }
        await chords.end(part(1), ending);
      })();
    });

    it(
      'only by the one that was told',
      using(async (one) => {
        const { chords } = one.store;
        await completed(one);
        await chords.end(part(0), 'sent');
        expect(await chords.report(part(1))).toMatchObject({ kind: 'complete' });
        await chords.end(part(1), 'sent');
        expect(await chords.report(part(1))).toEqual(pending);
      }),
    );

    it(
      'a chord that is started again counts again',
      using(async (one) => {
        const { chords, start } = one.store;
        await completed(one);
        await chords.end(part(1), 'sent');
        await start('g', { size: 1 });
        expect(await chords.report(part(0))).toMatchObject({ kind: 'complete' });
      }),
    );
  });
}

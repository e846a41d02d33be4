import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fleets } from './support/fleets.js';
import { describeTargets } from './support/targets.js';
import { exact, valueCases } from './support/values.js';

describeTargets('values', (target) => {
  let fleets: Fleets;
  beforeAll(async () => {
    fleets = await Fleets.start(target);
  });
  afterAll(() => fleets?.stop());

  it.each(valueCases)('$python goes from Python to Nest and back', async ({ python, repr = python, type, nest }) => {
    const { recorder } = fleets;
    const id = await fleets.python.send('interop.reflect', {
      args: `(${python},)`,
      kwargs: `{'value': ${python}}`,
      options: "{'queue': 'nest'}",
    });
    const there = await recorder.run(id);
    expect(there.by).toBe('nest');
    expect(exact(there.args)).toBe(exact([nest]));
    expect(exact(there.kwargs)).toBe(exact({ value: nest }));

    const [back] = await recorder.until(() => recorder.runs.filter((run) => run.parentId === id), 1);
    expect(back).toMatchObject({ by: 'python', rootId: id, args: [{ type, repr }], kwargs: { value: { type, repr } } });
  });

  it.each(valueCases)('$python goes from Nest to Python and back', async ({ python, repr = python, type, nest }) => {
    const { recorder } = fleets;
    const { id } = await fleets.tasks.send('interop.reflect', {
      args: [nest],
      kwargs: { value: nest },
      queue: 'python',
    });
    expect(await recorder.run(id)).toMatchObject({
      by: 'python',
      args: [{ type, repr }],
      kwargs: { value: { type, repr } },
    });

    const [back] = await recorder.until(() => recorder.runs.filter((run) => run.parentId === id), 1);
    expect(back!.by).toBe('nest');
    expect(exact([back!.args, back!.kwargs])).toBe(exact([[nest], { value: nest }]));
  });

  it('any JSON survives being read and written by Python', async () => {
    const { recorder } = fleets;
    const leaf = fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.double(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }),
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Uint8Array.from(bytes)),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('tree'), { maxLength: 5 }),
        fc.dictionary(fc.string({ unit: 'grapheme' }), tie('tree'), { maxKeys: 5 }),
      ),
    }));
    const values = fc.sample(tree, { numRuns: 200, seed: 42 });
    const { id } = await fleets.tasks.send('interop.reflect', { args: values, queue: 'python' });
    const [back] = await recorder.until(() => recorder.runs.filter((run) => run.parentId === id), 1);
    expect(back!.args.map(exact)).toEqual(values.map(exact));
  });
});

import { executionAsyncId } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RunningContext } from './running-context.js';

interface Run {
  readonly name: string;
}

/** How a run waits before it looks which one it is. */
const waits = {
  promise: () => Promise.resolve(),
  tick: () => new Promise<void>((resolve) => process.nextTick(resolve)),
  turn: () => turn(),
  timer: () => pause(1),
  event: () => once(AbortSignal.timeout(1), 'abort'),
};

/** Whether promises are told apart, which is what makes an `AsyncLocalStorage` dear before Node 24. */
async function promisesAreTracked(): Promise<boolean> {
  const first = await Promise.resolve().then(() => executionAsyncId());
  const second = await Promise.resolve().then(() => executionAsyncId());
  return first !== second;
}

describe('RunningContext', () => {
  it('tells what runs after whatever was waited for, in runs side by side and within each other', async () => {
    const step = fc.constantFrom(...Object.values(waits));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 4 }), async (plans) => {
        const context = new RunningContext<Run>();
        const run = (name: string, steps: readonly (() => Promise<unknown>)[]): Promise<void> => {
          const self = { name };
          return context.run(self, async () => {
            expect(context.current).toBe(self);
            for (const [index, wait] of steps.entries()) {
              await wait();
              expect(context.current).toBe(self);
              await run(`${name}.${index}`, steps.slice(index + 1));
              expect(context.current).toBe(self);
            }
          });
        };
        await Promise.all(plans.map((steps, index) => run(`${index}`, steps)));
        expect(context.current).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  it('hands the result on, and the failure, returned or thrown', async () => {
    const context = new RunningContext<Run>();
    const self = { name: 'run' };
    expect(context.run(self, () => context.current)).toBe(self);
    await expect(context.run(self, () => Promise.resolve(1))).resolves.toBe(1);
    await expect(context.run(self, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const thrown = (): never => {
      throw new Error('thrown');
    };
    expect(() => context.run(self, thrown)).toThrow('thrown');
    expect(context.current).toBeUndefined();
  });

  it('tells nothing to work that a run has left behind, whether others run or not', async () => {
    const context = new RunningContext<Run>();
    const gate = new EventEmitter();
    let left: Promise<unknown> = Promise.resolve();
    await context.run({ name: 'first' }, async () => {
      left = once(gate, 'open').then(() => context.current);
      await turn();
    });
    const other = context.run({ name: 'other' }, async () => {
      gate.emit('open');
      await left;
      return context.current?.name;
    });
    await expect(left).resolves.toBeUndefined();
    await expect(other).resolves.toBe('other');
  });

  it('leaves the promises of the process untracked while nothing runs', async () => {
    const context = new RunningContext<Run>();
    expect(await promisesAreTracked()).toBe(false);
    await Promise.all(['a', 'b'].map((name) => context.run({ name }, () => turn())));
    await turn();
    expect(await promisesAreTracked()).toBe(false);
  });
});

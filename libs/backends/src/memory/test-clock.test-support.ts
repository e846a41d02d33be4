import type { Clock } from '#celery/ports';

/** A clock without timers, turned by hand. */
export function testClock(): Clock & { readonly pass: (seconds: number) => Promise<void> } {
  let elapsed = 0;
  return {
    now: () => elapsed,
    monotonic: () => elapsed,
    setTimeout: () => {
      throw new Error('a store in memory sets no timers');
    },
    pass: async (seconds) => {
      elapsed += seconds * 1000;
    },
  };
}

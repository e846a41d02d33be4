import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.js';
import { fullSize, quickSize } from './scenarios/run-size.js';

describe('parseOptions', () => {
  it('runs everything at full size by default', () => {
    expect(parseOptions([])).toMatchObject({ size: fullSize, scenarios: [], markdown: false });
  });

  it('lets numbers win over --quick', () => {
    expect(parseOptions(['--quick', '--tasks', '70', '--rounds', '2']).size).toEqual({
      ...quickSize,
      tasks: 70,
      rounds: 2,
    });
  });

  it('watches memory over a million tasks when told to', () => {
    expect(parseOptions(['--million']).size.memoryTasks).toBe(1_000_000);
  });

  it('reads scenarios and contenders', () => {
    const { scenarios, only } = parseOptions(['--scenarios', 'live,fifo', '--contenders', 'SDK']);
    expect([scenarios, only]).toEqual([['live', 'fifo'], /SDK/]);
  });

  it.each([['--tasks', '0'], ['--rounds', 'two'], ['--nonsense']])('refuses %s %s', (...args) => {
    expect(() => parseOptions(args)).toThrow(TypeError);
  });
});

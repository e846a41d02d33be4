import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.js';
import { fullScale, quickScale } from './scenarios/scale.js';

describe('parseOptions', () => {
  it('runs everything at full scale by default', () => {
    expect(parseOptions([])).toMatchObject({ scale: fullScale, scenarios: [], markdown: false });
  });

  it('lets numbers win over --quick', () => {
    expect(parseOptions(['--quick', '--tasks', '70', '--rounds', '2']).scale).toEqual({
      ...quickScale,
      tasks: 70,
      rounds: 2,
    });
  });

  it('watches memory over a million tasks when told to', () => {
    expect(parseOptions(['--million']).scale.memoryTasks).toBe(1_000_000);
  });

  it('reads scenarios and contenders', () => {
    const { scenarios, only } = parseOptions(['--scenarios', 'live,fifo', '--contenders', 'SDK']);
    expect([scenarios, only]).toEqual([['live', 'fifo'], /SDK/]);
  });

  it.each([['--tasks', '0'], ['--rounds', 'two'], ['--nonsense']])('refuses %s %s', (...args) => {
    expect(() => parseOptions(args)).toThrow(TypeError);
  });
});

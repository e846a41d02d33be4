import { describe, expect, it } from 'vitest';
import { drawBars } from './bar-chart.js';

const chart = {
  title: 'A & B',
  unit: 'ms',
  digits: 1,
  bars: [
    { label: 'ours <1>', value: 1, ours: true },
    { label: 'theirs', value: 4, ours: false },
  ],
};

function widths(svg: string): number[] {
  return [...svg.matchAll(/<rect x="270".* width="([\d.]+)"/g)].map(([, width]) => Number(width));
}

describe('drawBars', () => {
  it('draws bars in proportion, the longest over the whole width', () => {
    expect(widths(drawBars(chart))).toEqual([100, 400]);
  });

  it('writes what people read as XML', () => {
    const svg = drawBars(chart);
    expect(svg).toContain('<title>A &amp; B (ms)</title>');
    expect(svg).toContain('>ours &lt;1&gt;</text>');
    expect(svg).toContain('>4.0</text>');
  });

  it('draws nothing for nothing', () => {
    expect(widths(drawBars({ ...chart, bars: [{ label: 'x', value: 0, ours: false }] }))).toEqual([0]);
  });
});

import { expect, it } from 'vitest';
import { chartsOf } from './charts.js';

const metrics = [{ key: 'p50Ms', title: 'p50', unit: 'ms', digits: 2 }];
const latency = { scenario: 'latency', title: 'L', note: undefined, metrics, seconds: 1 };

it('draws the charts whose figures are there', () => {
  const rows = [{ contender: 'ours', rounds: [{ p50Ms: 2 }] }];
  expect(chartsOf([{ ...latency, rows }], () => true).map(({ file }) => file)).toEqual(['latency-p50Ms.svg']);
  expect(chartsOf([{ ...latency, rows: [] }], () => true)).toEqual([]);
});

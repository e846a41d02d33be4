import { drawBars } from './bar-chart.js';
import { medianOf, type Measured } from './figures.js';

/** A drawn chart and the file that it belongs into. */
export interface Chart {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** Which figures are drawn. */
const drawn: readonly { readonly scenario: string; readonly key: string; readonly title: string }[] = [
  { scenario: 'backlog-results', key: 'tasksPerSecond', title: 'Throughput with results in Redis' },
  { scenario: 'backlog-results', key: 'workerCpuMs', title: 'CPU of the worker with results in Redis' },
  { scenario: 'backlog', key: 'requests', title: 'SQS requests, producer and worker' },
  { scenario: 'timed-100', key: 'workerRequests', title: "Worker's SQS requests, 10 ms tasks, concurrency 100" },
  { scenario: 'latency', key: 'p50Ms', title: 'From send to handler at low load, p50' },
  { scenario: 'memory', key: 'pssMb', title: 'Memory of all processes' },
  { scenario: 'scale-processes', key: 'timedPerSecond', title: 'Tasks of 100 ms by processes, concurrency 10 each' },
  { scenario: 'scale-queues', key: 'pssMb', title: 'Memory of one process by queues' },
];

/** The charts of what was measured. */
export function chartsOf(run: readonly Measured[], isOurs: (contender: string) => boolean): Chart[] {
  return drawn.flatMap(({ scenario, key, title }) => {
    const measured = run.find((one) => one.scenario === scenario);
    const metric = measured?.metrics.find((one) => one.key === key);
    if (!measured || !metric) return [];
    const bars = measured.rows.flatMap((row) => {
      const value = medianOf(row, key);
      return value === undefined ? [] : [{ label: row.contender, value, ours: isOurs(row.contender) }];
    });
    const svg = drawBars({ title, unit: metric.unit, digits: metric.digits, bars });
    return bars.length === 0 ? [] : [{ file: `${scenario}-${key}.svg`, title, svg }];
  });
}

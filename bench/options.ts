import { parseArgs } from 'node:util';
import { fullSize, quickSize, type RunSize } from './scenarios/run-size.js';

/** What the command line says. */
export interface BenchOptions {
  readonly size: RunSize;
  /** Names of scenarios; none: all. */
  readonly scenarios: readonly string[];
  readonly only: RegExp;
  readonly previous: string | undefined;
  readonly json: string | undefined;
  readonly charts: string | undefined;
  readonly profiles: string | undefined;
  /** Whether the page of the documentation gets the figures and charts. */
  readonly markdown: boolean;
}

const MILLION = 1_000_000;

/** Throws a TypeError for what it does not know. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenarios: { type: 'string' },
      contenders: { type: 'string', default: '' },
      tasks: { type: 'string' },
      'celery-tasks': { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      million: { type: 'boolean', default: false },
      previous: { type: 'string' },
      json: { type: 'string' },
      charts: { type: 'string' },
      'cpu-prof': { type: 'string' },
      markdown: { type: 'boolean', default: false },
    },
  });
  const size = values.quick ? quickSize : fullSize;
  return {
    size: {
      ...size,
      tasks: count('tasks', values.tasks, size.tasks),
      celeryTasks: count('celery-tasks', values['celery-tasks'], size.celeryTasks),
      rounds: count('rounds', values.rounds, size.rounds),
      memoryTasks: values.million ? MILLION : size.memoryTasks,
    },
    scenarios: values.scenarios?.split(',') ?? [],
    only: new RegExp(values.contenders),
    previous: values.previous,
    json: values.json,
    charts: values.charts,
    profiles: values['cpu-prof'],
    markdown: values.markdown,
  };
}

function count(name: string, given: string | undefined, fallback: number): number {
  if (given === undefined) return fallback;
  const number = Number(given);
  if (!Number.isInteger(number) || number < 1)
    throw new TypeError(`--${name} must be a whole number from 1, not ${given}`);
  return number;
}

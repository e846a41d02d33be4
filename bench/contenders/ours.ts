import { ourProducer } from '../processes/producer.js';
import { layoutEnv } from '../programs/settings.js';
import type { Contender } from './contender.js';
import { nodeProgram } from './node-program.js';

/** The name under which one process of this package stands in the tables; the ratios are to its figures. */
export const OURS = 'nestjs-sqs-celery';

/** This package, in so many processes; with a folder, each leaves a CPU profile there when it ends. */
export function ours(processes: number, profiles?: string): Contender {
  const name = processes === 1 ? OURS : `${OURS}, ${processes} processes`;
  const flags = ['--expose-gc', ...(profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`])];
  return {
    name,
    kind: 'ours',
    results: true,
    worker: (layout) => ({
      name,
      commands: Array.from({ length: processes }, () => nodeProgram('ours-worker', flags)),
      env: layoutEnv(layout),
    }),
    producer: ourProducer,
  };
}

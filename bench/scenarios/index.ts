import { backlogs } from './backlogs.js';
import { bodySizes } from './body-sizes.js';
import { idle } from './idle.js';
import { latency } from './latency.js';
import { live } from './live.js';
import { memory } from './memory.js';
import { producerCost } from './producer-cost.js';
import { recovery } from './recovery.js';
import { scaleProcesses } from './scale-processes.js';
import { scaleQueues } from './scale-queues.js';
import type { Scenario } from './scenario.js';
import { startUp } from './start-up.js';

/** All, in the order in which they are run. */
export const scenarios: readonly Scenario[] = [
  ...backlogs,
  live,
  producerCost,
  latency,
  startUp,
  scaleProcesses,
  scaleQueues,
  bodySizes,
  recovery,
  memory,
  idle,
];

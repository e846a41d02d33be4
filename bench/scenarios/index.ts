import { backlogs } from './backlogs.js';
import { bodySizes } from './body-sizes.js';
import { idle } from './idle.js';
import { latency } from './latency.js';
import { live } from './live.js';
import { memory } from './memory.js';
import { producerCost } from './producer-cost.js';
import { recovery } from './recovery.js';
import type { Scenario } from './scenario.js';
import { startUp } from './start-up.js';

/** All, in the order in which they are run. */
export const scenarios: readonly Scenario[] = [
  ...backlogs,
  live,
  producerCost,
  latency,
  startUp,
  bodySizes,
  recovery,
  memory,
  idle,
];

import type { Scenario } from '../support/scenario.js';
import { etaScenarios } from './eta.js';
import { expiryScenarios } from './expiry.js';
import { fifoScenarios } from './fifo.js';
import { longTaskScenarios } from './long-tasks.js';
import { poisonScenarios } from './poison.js';
import { processScenarios } from './processes.js';
import { refusalScenarios } from './refusals.js';
import { retryScenarios } from './retries.js';
import { timeLimitScenarios } from './time-limits.js';

/** All scenarios, in the order of the page. */
export const scenarios: readonly Scenario[] = [
  ...etaScenarios,
  ...expiryScenarios,
  ...longTaskScenarios,
  ...timeLimitScenarios,
  ...retryScenarios,
  ...refusalScenarios,
  ...poisonScenarios,
  ...fifoScenarios,
  ...processScenarios,
];

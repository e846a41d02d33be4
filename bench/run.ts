import type { Roster, Skipped } from './contenders/roster.js';
import type { Endpoint } from './endpoint/endpoint.js';
import { elapsed, type Progress } from './progress.js';
import type { Measured } from './report/figures.js';
import type { Failure } from './report/report.js';
import { runScenario } from './run-scenario.js';
import type { RunSize } from './scenarios/run-size.js';
import type { Scenario } from './scenarios/scenario.js';

/** What a run is made of. */
export interface Run {
  readonly scenarios: readonly Scenario[];
  readonly roster: Roster;
  readonly size: RunSize;
  readonly redis: string | undefined;
  /** Starts an SQS endpoint that nothing else uses. */
  readonly startEndpoint: () => Promise<Endpoint>;
  /** Told of each step. */
  readonly progress: Progress;
}

export interface RunOutcome {
  readonly run: readonly Measured[];
  readonly skipped: readonly Skipped[];
  readonly failures: readonly Failure[];
}

/** Puts the contenders through the scenarios. */
export async function runAll(run: Run): Promise<RunOutcome> {
  const measured: Measured[] = [];
  const skipped: Skipped[] = [];
  const failures: Failure[] = [];
  for (const scenario of run.scenarios) {
    if (scenario.needsRedis && run.redis === undefined) {
      skipped.push({ name: `scenario ${scenario.name}`, reason: 'redis-server is not installed' });
      continue;
    }
    const outcome = await runScenario(scenario, run);
    measured.push(outcome.measured);
    failures.push(...outcome.failures);
    run.progress(`${scenario.name} took ${elapsed(outcome.measured.seconds)}`);
  }
  return { run: measured, skipped, failures };
}

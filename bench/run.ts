import type { Contender } from './contenders/contender.js';
import type { Roster, Skipped } from './contenders/roster.js';
import { BenchEndpoint } from './endpoint/endpoint.js';
import type { Figures, Measured } from './report/figures.js';
import type { Failure } from './report/report.js';
import type { Scale } from './scenarios/scale.js';
import type { Scenario } from './scenarios/scenario.js';
import { Site } from './scenarios/site.js';

/** What a run is made of. */
export interface Run {
  readonly scenarios: readonly Scenario[];
  readonly roster: Roster;
  readonly scale: Scale;
  readonly redis: string | undefined;
  /** Told of each step. */
  readonly progress: (line: string) => void;
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
    measured.push(await runScenario(scenario, run, failures));
  }
  return { run: measured, skipped, failures };
}

/** The contenders take turns, so that what the machine does meanwhile strikes all of them. */
async function runScenario(scenario: Scenario, run: Run, failures: Failure[]): Promise<Measured> {
  const { name, title, note, metrics } = scenario;
  const contenders = scenario.contenders(run.roster);
  const rounds = new Map<Contender, Figures[]>(contenders.map((contender) => [contender, []]));
  const endpoint = await BenchEndpoint.start();
  try {
    const site = new Site(endpoint, run.scale, run.redis);
    for (let round = 1; round <= (scenario.once ? 1 : run.scale.rounds); round++) {
      for (const [contender, figures] of rounds) {
        run.progress(`${name}, round ${round}: ${contender.name}`);
        const one = await attempt(scenario, contender, site);
        if ('message' in one) failures.push(one);
        else figures.push(one.figures);
      }
    }
  } finally {
    await endpoint.stop();
  }
  const rows = [...rounds].map(([contender, figures]) => ({ contender: contender.name, rounds: figures }));
  return { scenario: name, title, note, metrics, rows };
}

/** One contender that fails must not cost the figures of the others; it is reported, and the command fails in the end. */
async function attempt(
  scenario: Scenario,
  contender: Contender,
  site: Site,
): Promise<Failure | { readonly figures: Figures }> {
  try {
    return { figures: await scenario.measure(contender, site) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { scenario: scenario.name, contender: contender.name, message };
  }
}

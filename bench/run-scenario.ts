import type { Contender } from './contenders/contender.js';
import type { Figures, Measured } from './report/figures.js';
import type { Failure } from './report/report.js';
import type { Run } from './run.js';
import type { Scenario } from './scenarios/scenario.js';
import { Site } from './scenarios/site.js';

/** What one scenario has come to. */
export interface ScenarioOutcome {
  readonly measured: Measured;
  readonly failures: readonly Failure[];
}

/** The figures of a round, or why there are none. */
type Attempt = { readonly figures: Figures } | Failure;

/** Puts the contenders through one scenario. */
export async function runScenario(scenario: Scenario, run: Run): Promise<ScenarioOutcome> {
  const startedAt = performance.now();
  const contenders = scenario.contenders(run.roster);
  const attempts = await (scenario.together ? atOnce : inTurn)(scenario, contenders, run);
  const rows = contenders.map(({ name }) => ({ contender: name, rounds: figuresOf(attempts.get(name)) }));
  const { name, title, note, metrics } = scenario;
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    measured: { scenario: name, title, note, metrics, seconds, rows: scenario.derived?.(rows) ?? rows },
    failures: [...attempts.values()].flat().filter((one) => 'message' in one),
  };
}

function figuresOf(attempts: readonly Attempt[] = []): readonly Figures[] {
  return attempts.flatMap((one) => ('figures' in one ? [one.figures] : []));
}

/** The contenders take turns, so that what the machine does meanwhile strikes all of them. */
async function inTurn(
  scenario: Scenario,
  contenders: readonly Contender[],
  run: Run,
): Promise<ReadonlyMap<string, readonly Attempt[]>> {
  const attempts = new Map<string, Attempt[]>(contenders.map(({ name }) => [name, []]));
  const rounds = scenario.once ? 1 : run.size.rounds;
  await onEndpoint(run, async (site) => {
    for (let round = 1; round <= rounds; round++) {
      for (const contender of contenders) {
        run.progress(`${scenario.name}, round ${round} of ${rounds}: ${contender.name}`);
        attempts.get(contender.name)?.push(await attempt(scenario, contender, site));
      }
    }
  });
  return attempts;
}

/** One round of all at the same time, each on an endpoint whose requests are its own. */
async function atOnce(
  scenario: Scenario,
  contenders: readonly Contender[],
  run: Run,
): Promise<ReadonlyMap<string, readonly Attempt[]>> {
  run.progress(`${scenario.name}: ${contenders.length} at the same time`);
  const each = contenders.map((contender) => onEndpoint(run, (site) => attempt(scenario, contender, site)));
  const attempts = await Promise.all(each);
  return new Map(contenders.map(({ name }, index) => [name, attempts.slice(index, index + 1)]));
}

async function onEndpoint<Value>(run: Run, work: (site: Site) => Promise<Value>): Promise<Value> {
  const endpoint = await run.startEndpoint();
  try {
    return await work(new Site(endpoint, run.size, run.redis));
  } finally {
    await endpoint.stop();
  }
}

/** One contender that fails must not cost the figures of the others; it is reported, and the command fails in the end. */
async function attempt(scenario: Scenario, contender: Contender, site: Site): Promise<Attempt> {
  try {
    return { figures: await scenario.measure(contender, site) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { scenario: scenario.name, contender: contender.name, message };
  }
}

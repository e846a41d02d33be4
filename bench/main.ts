// The benchmark: our worker and producer beside their peers, on one endpoint in a process of its own. docs/benchmarks.md says what
// it prints and how it measures.
//   npm run bench -- [--scenarios a,b] [--contenders REGEXP] [--tasks 20000] [--celery-tasks 1500] [--rounds 3] [--quick] [--million]
//                    [--previous DIR] [--json FILE] [--charts DIR] [--markdown] [--cpu-prof DIR]
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { budgetsOf } from './budgets/budgets.js';
import { OURS } from './contenders/ours.js';
import { findRoster } from './contenders/roster.js';
import { BenchEndpoint } from './endpoint/endpoint.js';
import { parseOptions, type BenchOptions } from './options.js';
import { startRedis } from './processes/redis-server.js';
import { progressTo } from './progress.js';
import { chartsOf } from './report/charts.js';
import { commandLine } from './report/command-line.js';
import { hidePaths } from './report/hide-paths.js';
import { describeMachine } from './report/machine.js';
import { asMarkdown, type Report } from './report/report.js';
import { writeReport } from './report/write-report.js';
import { runAll } from './run.js';
import { scenarios } from './scenarios/index.js';
import type { Scenario } from './scenarios/scenario.js';

function chosen({ scenarios: names }: BenchOptions): readonly Scenario[] {
  const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    const known = scenarios.map(({ name }) => name).join(', ');
    throw new TypeError(`--scenarios: there is no ${unknown.join(', ')}; there are ${known}`);
  }
  return names.length === 0 ? scenarios : scenarios.filter(({ name }) => names.includes(name));
}

/** What programs said is shown to others: it must not tell where things are on this machine. */
function hider({ previous }: BenchOptions): (text: string) => string {
  const checkout = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  const folders = { [checkout]: '.', [homedir()]: '~', ...(previous !== undefined && { [previous]: 'DIR' }) };
  return (text) => hidePaths(text, folders);
}

async function bench(options: BenchOptions): Promise<Report> {
  const picked = chosen(options);
  const hidden = hider(options);
  const machine = describeMachine();
  const startedAt = new Date().toISOString();
  const roster = await findRoster(options);
  const redis = await startRedis();
  try {
    const progress = progressTo(
      (line) => void process.stderr.write(line),
      () => performance.now(),
    );
    const outcome = await runAll({
      scenarios: picked,
      roster,
      size: options.size,
      redis: redis?.url,
      startEndpoint: () => BenchEndpoint.start(),
      progress,
    });
    return {
      command: commandLine(process.argv.slice(2)),
      startedAt,
      seconds: performance.now() / 1000,
      machine,
      size: options.size,
      ...outcome,
      budgets: budgetsOf(outcome.run),
      skipped: [...roster.skipped, ...outcome.skipped].map((one) => ({ ...one, reason: hidden(one.reason) })),
      failures: outcome.failures.map((one) => ({ ...one, message: hidden(one.message) })),
    };
  } finally {
    await redis?.stop();
  }
}

const options = parseOptions(process.argv.slice(2));
const report = await bench(options);
console.log(asMarkdown(report));
await writeReport(
  report,
  chartsOf(report.run, (contender) => contender.startsWith(OURS)),
  options,
);
process.exitCode = report.failures.length > 0 ? 1 : 0;

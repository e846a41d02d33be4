// The benchmark: our worker and producer beside their peers, on one endpoint in a process of its own. docs/benchmarks.md says what
// it prints and how it measures.
//   npm run bench -- [--scenarios a,b] [--contenders REGEXP] [--tasks 20000] [--celery-tasks 4000] [--rounds 3] [--quick] [--million]
//                    [--previous DIR] [--json FILE] [--charts DIR] [--markdown] [--cpu-prof DIR]
import { budgetsOf } from './budgets/budgets.js';
import { OURS } from './contenders/ours.js';
import { findRoster } from './contenders/roster.js';
import { parseOptions, type BenchOptions } from './options.js';
import { startRedis } from './processes/redis-server.js';
import { chartsOf } from './report/charts.js';
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

async function bench(options: BenchOptions): Promise<Report> {
  const picked = chosen(options);
  const machine = describeMachine();
  const startedAt = new Date().toISOString();
  const roster = await findRoster(options);
  const redis = await startRedis();
  try {
    const progress = (line: string): void => void process.stderr.write(`${line}\n`);
    const outcome = await runAll({ scenarios: picked, roster, scale: options.scale, redis: redis?.url, progress });
    return {
      command: ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
      startedAt,
      machine,
      scale: options.scale,
      ...outcome,
      budgets: budgetsOf(outcome.run),
      skipped: [...roster.skipped, ...outcome.skipped],
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

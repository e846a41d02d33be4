import { left } from '../support/facts.js';
import type { Entry } from '../support/journal.js';
import type { RealScenario, Scenario } from '../support/scenario.js';
import type { Stage } from '../support/stage.js';
import { startCelery, startNest, type StartWorker } from '../support/workers.js';

const RETRY_SECONDS = 4;

/** Numbers of group A; the first of them fails twice. */
const GROUP_A = [1, 2, 3];
const GROUP_B = [11, 12, 13];

async function sendGroups(stage: Stage, startWorker: StartWorker): Promise<string> {
  const queue = await stage.queue({ fifo: true, visibilityTimeout: 20 });
  await startWorker(queue);
  for (const number of [...GROUP_A, ...GROUP_B]) {
    const failures = number === GROUP_A[0] ? 2 : 0;
    const group = GROUP_A.includes(number) ? 'a' : 'b';
    const args = `(${number}, ${failures}, ${RETRY_SECONDS})`;
    await stage.send(queue, 'semantics.flaky', { args, options: `MessageGroupId='${group}'` });
  }
  await stage.journal.until(() => stage.journal.runs, GROUP_A.length + GROUP_B.length + 2);
  await queue.emptied();
  const { runs } = stage.journal;
  return `failing group ${orderOf(runs, GROUP_A)}; other group ${orderOf(runs, GROUP_B)}, ${delayOf(runs)}; ${left(await queue.depth())}`;
}

function orderOf(entries: readonly Entry[], numbers: readonly number[]): string {
  const ran = entries.map(({ args }) => Number(args[0])).filter((number) => numbers.includes(number));
  return ran.join(', ');
}

/** The other group is to be through before the first retry of the failing one. */
function delayOf(entries: readonly Entry[]): string {
  const retry = entries.find(({ retries }) => retries > 0)!;
  const lastOfB = entries.findLast(({ args }) => GROUP_B.includes(Number(args[0])))!;
  return lastOfB.at < retry.at ? 'not stopped' : 'stopped';
}

const failingGroup: RealScenario = {
  clock: 'real',
  name: 'FIFO: a failing task in one group',
  expectation:
    'A task that is retried twice keeps its place: its group waits for it, in order, and the other group is not stopped.',
  fact: 'failing group 1, 1, 1, 2, 3; other group 11, 12, 13, not stopped; queue empty',
  nest: (stage) => sendGroups(stage, startNest(stage, { poison: 'block' })),
  celery: (stage) => sendGroups(stage, startCelery(stage, { concurrency: 2 })),
};

export const fifoScenarios: readonly Scenario[] = [failingGroup];

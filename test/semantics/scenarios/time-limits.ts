import { left } from '../support/facts.js';
import type { RealScenario, Scenario } from '../support/scenario.js';
import type { Stage } from '../support/stage.js';
import { logs, startCelery, startNest, type StartWorker } from '../support/workers.js';

async function passHardLimit(stage: Stage, startWorker: StartWorker): Promise<string> {
  const queue = await stage.queue();
  const worker = await startWorker(queue);
  const id = await stage.send(queue, 'semantics.hard');
  const [run] = await stage.journal.until(() => stage.journal.runs, 1);
  const failed = await logs(worker, new RegExp(`Hard time limit \\(.*\\) exceeded for semantics\\.hard\\[${id}\\]`));
  const seconds = Math.round((Date.now() - run!.at) / 1000);
  await queue.emptied();
  const what = failed ? 'failed by its limit' : 'not failed';
  return `${what}, ${seconds < 4 ? 'in time' : `after ${seconds} s`}, ${left(await queue.depth())}`;
}

const hard: RealScenario = {
  clock: 'real',
  name: 'hard time limit',
  expectation: 'A task that passes its hard limit of 2 s has failed, and its message is deleted.',
  fact: 'failed by its limit, in time, queue empty',
  nest: (stage) => passHardLimit(stage, startNest(stage)),
  celery: (stage) => passHardLimit(stage, startCelery(stage)),
};

async function passSoftLimit(stage: Stage, startWorker: StartWorker): Promise<string> {
  const queue = await stage.queue();
  const worker = await startWorker(queue);
  const id = await stage.send(queue, 'semantics.soft');
  const [told] = await stage.journal.until(() => stage.journal.of('told'), 1);
  const [run] = stage.journal.runs;
  const succeeded = (await logs(worker, new RegExp(`\\[${id}\\] succeeded`))) ? 'succeeded' : 'not succeeded';
  await queue.emptied();
  const when = told!.at - run!.at < 3_000 ? 'told in time' : 'told late';
  return `${when}, ${succeeded}, ${left(await queue.depth())}`;
}

const soft: RealScenario = {
  clock: 'real',
  name: 'soft time limit',
  expectation: 'A task that passes its soft limit of 1 s is told, and what it does then is its outcome.',
  fact: 'told in time, succeeded, queue empty',
  nest: (stage) => passSoftLimit(stage, startNest(stage)),
  celery: (stage) => passSoftLimit(stage, startCelery(stage)),
};

export const timeLimitScenarios: readonly Scenario[] = [hard, soft];

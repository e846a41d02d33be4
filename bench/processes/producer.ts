import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pythonEnvironment, pythonFolder, type Celery } from '../contenders/celery-environment.js';
import type { Layout } from '../contenders/contender.js';
import { programsFolder } from '../contenders/node-program.js';
import type { SendCost, SendOrder } from '../programs/producer-messages.js';
import { layoutEnv } from '../programs/settings.js';

/** Callers at once where a scenario says nothing else. */
const BURST = 1000;

/** What is sent; without groups and by a burst of callers where nothing else is said. */
export type Order = Pick<SendOrder, 'task' | 'tasks'> & Partial<SendOrder>;

/** Sends tasks from a process of its own. */
export interface Producer {
  /** Resolves with what it cost once SQS has all of them. */
  send(order: Order): Promise<SendCost>;
  stop(): Promise<void>;
}

/** Our `TaskProducer`. */
export async function ourProducer(layout: Layout, program = `${programsFolder}ours-producer.js`): Promise<Producer> {
  const child = fork(program, { env: { ...process.env, ...layoutEnv(layout) }, execArgv: [] });
  await answerOf(child, once(child, 'message'));
  return {
    async send(order) {
      child.send(filled(order));
      const [cost] = (await answerOf(child, once(child, 'message'))) as [SendCost];
      return cost;
    },
    stop: () => ended(child, () => child.disconnect()),
  };
}

/** Celery's `apply_async`, one after the other, as it has no other way. */
export async function celeryProducer({ python }: Celery, layout: Layout): Promise<Producer> {
  const child = spawn(python, ['bench_producer.py'], {
    cwd: pythonFolder,
    env: { ...process.env, ...pythonEnvironment(layout) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await answerOf(child, lines.next());
  return {
    async send(order) {
      child.stdin.write(`${JSON.stringify(filled(order))}\n`);
      const { value } = await answerOf(child, lines.next());
      return JSON.parse(String(value)) as SendCost;
    },
    stop: () => ended(child, () => child.stdin.end()),
  };
}

function filled(order: Order): SendOrder {
  return { bytes: 0, groups: 0, callers: Math.min(BURST, order.tasks), ...order };
}

/** A producer that has ended answers no more. */
async function answerOf<Answer>(child: ChildProcess, answer: Promise<Answer>): Promise<Answer> {
  const stop = new AbortController();
  const exit = once(child, 'exit', { signal: stop.signal }).then(([code]) => {
    throw new Error(`the producer has ended with ${code}`);
  });
  try {
    return await Promise.race([answer, exit]);
  } finally {
    stop.abort();
    await exit.catch(() => {});
  }
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  end();
  await exit;
}

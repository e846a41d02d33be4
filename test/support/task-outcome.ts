import type { SendOptions } from 'nestjs-sqs-celery';
import { until, type RecordingLogger, type RunningApp } from '../nest.test-support.js';

/** Sends a task and answers what the worker writes about its end: `succeeded: 3`, `raised unexpected: Error('no')`, `retry: …`. */
export async function outcomeOf({ tasks, log }: RunningApp, task: string, options: SendOptions = {}): Promise<string> {
  const { id } = await tasks.send(task, options);
  return outcomeInLog(log, id);
}

/** The same of a task that was sent already. */
export async function outcomeInLog(log: RecordingLogger, id: string): Promise<string> {
  const lines = (): string[] =>
    log
      .of({ context: 'celery.app.trace' })
      .filter((line) => line.includes(id) && !/received$|instead$|what counts$/.test(line));
  await until(() => lines().length > 0, `the end of ${id}`);
  return (lines()[0] ?? '').replace(/^Task \S+ /, '').replace(/^succeeded in [\d.e-]+s/, 'succeeded');
}

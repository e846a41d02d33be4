import type { WorkerProgram } from '../contenders/contender.js';
import { signalTree, usageOf, type Usage } from '../measure/process-tree.js';
import { Program } from './program.js';

const ERROR = /\bERROR\b|\bTraceback\b/;
const SHOWN_ERRORS = 3;

/** A contender's worker: one process or more, and what they have started. */
export class Worker {
  readonly #programs: readonly Program[];
  /** The first lines that speak of an error. */
  readonly #errors: string[] = [];

  private constructor({ name, commands, env }: WorkerProgram, onLine: (line: string) => void) {
    const take = (line: string): void => {
      if (ERROR.test(line) && this.#errors.length < SHOWN_ERRORS) this.#errors.push(line);
      onLine(line);
    };
    this.#programs = commands.map((command) => new Program(name, command, env, take));
  }

  /** Resolves once all its processes are ready. `onLine` sees all that they print. */
  static async start(program: WorkerProgram, onLine: (line: string) => void = () => {}): Promise<Worker> {
    const worker = new Worker(program, onLine);
    try {
      await Promise.all(worker.#programs.map((one) => one.ready()));
      return worker;
    } catch (error) {
      await worker.stop();
      throw error;
    }
  }

  /** Of all processes. */
  async usage(): Promise<Usage> {
    const each = await Promise.all(this.#programs.map(({ pid }) => usageOf(pid)));
    return {
      cpuMs: each.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      pssMb: each.reduce((sum, { pssMb }) => sum + pssMb, 0),
    };
  }

  /** Nothing of it runs until {@link resume}: a backlog can be made. */
  async pause(): Promise<void> {
    for (const { pid } of this.#programs) await signalTree(pid, 'SIGSTOP');
  }

  async resume(): Promise<void> {
    for (const { pid } of this.#programs) await signalTree(pid, 'SIGCONT');
  }

  /** Lets our worker collect its garbage. */
  async collect(): Promise<void> {
    const collected = this.#programs.map((program) => program.line(/bench: collected/));
    for (const program of this.#programs) program.signal('SIGUSR2');
    await Promise.all(collected);
  }

  /** Resolves with the next line of any of its processes that fits. */
  line(pattern: RegExp, patienceMs?: number): Promise<string> {
    return Promise.race(this.#programs.map((program) => program.line(pattern, patienceMs)));
  }

  /** Waits for what the worker does; rejects when one of its processes ends meanwhile. */
  during<Value>(work: Promise<Value>): Promise<Value> {
    return Promise.race([work, ...this.#programs.map((program) => program.lost())]);
  }

  /** As a machine that fails does. */
  async kill(): Promise<void> {
    for (const { pid } of this.#programs) await signalTree(pid, 'SIGKILL');
    await Promise.all(this.#programs.map((program) => program.end()));
  }

  /** Rejects where it spoke of an error: tasks that fail are quick to run, and tell nothing. */
  async stop(): Promise<void> {
    const errors = [...this.#errors];
    // One that stands still would not see the signal.
    await this.resume();
    await Promise.all(this.#programs.map((program) => program.stop()));
    if (errors.length > 0) throw new Error(`the worker spoke of errors:\n${errors.join('\n')}`);
  }
}

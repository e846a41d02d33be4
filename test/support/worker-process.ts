import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A line that a task of the marking worker wrote. */
export interface Mark {
  readonly number: number;
  readonly pid: number;
  readonly at: number;
}

/** What is run in a process of its own. */
export interface WorkerProgram {
  /** The name of a file in `test/fixtures`. */
  readonly fixture: string;
  /** The URL of the SQS endpoint. */
  readonly endpoint: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Options of node itself. */
  readonly execArgv?: readonly string[];
}

/** A worker in a process of its own, which can be ended as an operating system would end it. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, 'exit');
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
  }

  /** Resolves when the worker says that it is ready. */
  static async start({ fixture, endpoint, env, execArgv = [] }: WorkerProgram): Promise<WorkerProcess> {
    const file = fileURLToPath(new URL(`../../dist/test/fixtures/${fixture}.js`, import.meta.url));
    const child = spawn(process.execPath, ['--no-deprecation', ...execArgv, file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        AWS_ENDPOINT_URL_SQS: endpoint,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'secret',
        NO_COLOR: '1',
        ...env,
      },
    });
    const worker = new WorkerProcess(child);
    await worker.#ready();
    return worker;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get output(): string {
    return this.#output;
  }

  /** Sends a signal and resolves when the process is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    await this.#exited;
  }

  async #ready(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (this.#output.includes(' ready.')) resolve();
      };
      this.#child.stdout?.on('data', look);
      this.#child.once('exit', (code) => reject(new Error(`the worker ended with ${code}:\n${this.#output}`)));
    });
  }
}

/** What the tasks have written so far. */
export async function readMarks(markFile: string): Promise<Mark[]> {
  const text = await readFile(markFile, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' ').map(Number))
    .map(([number = 0, pid = 0, at = 0]) => ({ number, pid, at }));
}

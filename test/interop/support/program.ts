import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** Whether it leads a process group of its own, as a command does in a terminal. */
  readonly detached?: boolean;
}

interface Waiter {
  readonly matches: (line: string) => boolean;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

/** A child process whose output is kept line by line and can be awaited. */
export class Program {
  readonly lines: string[] = [];
  private readonly child: ChildProcess;
  /** Resolves once it has ended, whoever ended it. */
  readonly ended: Promise<void>;
  private readonly waiters = new Set<Waiter>();

  constructor(
    private readonly name: string,
    command: string,
    args: readonly string[],
    options: ProgramOptions = {},
  ) {
    this.child = spawn(command, args, {
      cwd: options.cwd,
      detached: options.detached ?? false,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.take(line));
    }
    this.ended = this.watchExit();
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Null while it runs, and where a signal ended it. */
  get exitCode(): number | null {
    return this.child.exitCode;
  }

  /** The signal that ended it; null while it runs, and where it ended by itself. */
  get exitSignal(): NodeJS.Signals | null {
    return this.child.signalCode;
  }

  get output(): string {
    return this.lines.join('\n');
  }

  /** Resolves with the first line, already printed or still to come, that fits. */
  line(pattern: RegExp, timeoutMs = 30_000): Promise<string> {
    const printed = this.lines.find((line) => pattern.test(line));
    return printed === undefined ? this.nextLine((line) => pattern.test(line), timeoutMs) : Promise.resolve(printed);
  }

  /** Resolves with the next line still to come that fits. */
  async nextLine(matches: (line: string) => boolean, timeoutMs = 30_000): Promise<string> {
    let waiter: Waiter | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<string>((resolve, reject) => {
        waiter = { matches, resolve, reject };
        this.waiters.add(waiter);
        timer = setTimeout(() => reject(this.failure(`printed no such line within ${timeoutMs} ms`)), timeoutMs);
      });
    } finally {
      clearTimeout(timer);
      if (waiter) this.waiters.delete(waiter);
    }
  }

  write(text: string): void {
    this.child.stdin?.write(text);
  }

  /** Ends it by `signal`, by SIGKILL when that is not enough; resolves with its exit code once it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', timeoutMs = 10_000): Promise<number | null> {
    if (this.running()) this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), timeoutMs);
    await this.ended;
    clearTimeout(timer);
    return this.child.exitCode;
  }

  /** What Ctrl-C does: a signal to the process and to all that it has started. Only for a detached one. */
  signalGroup(signal: NodeJS.Signals): void {
    if (this.child.pid !== undefined && this.running()) process.kill(-this.child.pid, signal);
  }

  private running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  private async watchExit(): Promise<void> {
    try {
      await once(this.child, 'close');
    } catch (error) {
      this.lines.push(String(error));
    }
    for (const waiter of this.waiters) waiter.reject(this.failure('has ended'));
  }

  private take(line: string): void {
    this.lines.push(line);
    for (const waiter of this.waiters) if (waiter.matches(line)) waiter.resolve(line);
  }

  private failure(what: string): Error {
    return new Error(`${this.name} ${what}; its output ends with:\n${this.lines.slice(-30).join('\n')}`);
  }
}

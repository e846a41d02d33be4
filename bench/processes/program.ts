import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const PATIENCE_MS = 60_000;
const READY = /bench: ready/;
const KEPT_LINES = 20;

type OnLine = (line: string) => void;

/** One child process, whose lines can be awaited. */
export class Program {
  readonly #child: ChildProcess;
  readonly #last: string[] = [];
  readonly #listeners = new Set<OnLine>();
  readonly #ended: Promise<unknown>;

  constructor(
    readonly name: string,
    [command, ...args]: readonly [string, ...string[]],
    env: Readonly<Record<string, string>>,
    onLine: OnLine = () => {},
  ) {
    this.#listeners.add(onLine);
    this.#child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = once(this.#child, 'close').catch((error: unknown) => this.#take(String(error)));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#take(line));
    }
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.name} did not start`);
    return pid;
  }

  ready(): Promise<string> {
    return this.line(READY);
  }

  /** Resolves with the next line still to come that fits; rejects when the program ends, or after a minute. */
  async line(pattern: RegExp, patienceMs = PATIENCE_MS): Promise<string> {
    const { promise, resolve, reject } = withResolvers<string>();
    const look: OnLine = (line) => {
      if (pattern.test(line)) resolve(line);
    };
    this.#listeners.add(look);
    const timer = setTimeout(() => reject(this.#failure(`printed no ${pattern} in ${patienceMs} ms`)), patienceMs);
    void this.#ended.then(() => reject(this.#failure('has ended')));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it, by SIGKILL where SIGTERM is not enough. */
  async stop(): Promise<void> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), PATIENCE_MS / 3);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Resolves once it has ended by itself. */
  async end(): Promise<void> {
    await this.#ended;
  }

  /** Rejects once it has ended, which it should not. */
  async lost(): Promise<never> {
    await this.#ended;
    throw this.#failure('has ended');
  }

  #take(line: string): void {
    this.#last.push(line);
    if (this.#last.length > KEPT_LINES) this.#last.shift();
    for (const listener of this.#listeners) listener(line);
  }

  #failure(what: string): Error {
    return new Error(`${this.name} ${what}; it said:\n${this.#last.join('\n')}`);
  }
}

interface Resolvers<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}

/** `Promise.withResolvers` of Node 22. */
function withResolvers<Value>(): Resolvers<Value> {
  let resolve: (value: Value) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<Value>((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

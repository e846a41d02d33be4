import { MessageChannel } from 'node:worker_threads';
import { TaskRevokedError, TimeLimitExceeded, WorkerLostError, decodeJson, type JsonTypes } from '#celery';
import type { TaskRequest } from '#worker';
import type { Pool } from './piscina-package.js';
import { encodeCall } from './thread-call.js';
import { abortReason, errorText } from './thread-errors.js';
import type { FromRun, ToRun } from './thread-messages.js';
import { resultOfEnd } from './thread-outcome.js';

export interface ThreadRunDeps {
  readonly pool: Pool;
  readonly connection: string;
  readonly jsonTypes?: JsonTypes | undefined;
}

/** A run of a task in a thread, as the worker sees it. */
export class ThreadRun {
  readonly #kill = new AbortController();
  readonly #channel = new MessageChannel();
  #begin: () => void = () => {};

  /** Resolves when the thread begins with the task: its application may have to start before. */
  readonly begun = new Promise<void>((resolve) => (this.#begin = resolve));

  constructor(
    private readonly request: TaskRequest,
    private readonly deps: ThreadRunDeps,
  ) {}

  /**
   * Resolves to what the task returned.
   * @throws (rejects) what the task threw; WorkerLostError where the thread ended before
   */
  async run(): Promise<unknown> {
    const { request, deps } = this;
    const abort = (): void => this.#abort();
    this.#channel.port1.on('message', (message: FromRun) => this.#heard(message));
    request.signal.addEventListener('abort', abort, { once: true });
    if (request.signal.aborted) abort();
    try {
      return resultOfEnd(await this.#answer(), request, deps.jsonTypes);
    } finally {
      request.signal.removeEventListener('abort', abort);
      this.#channel.port1.close();
    }
  }

  /** Ends the thread, and with it the run. */
  terminate(): void {
    this.#kill.abort();
  }

  async #answer(): Promise<string> {
    const { pool, connection, jsonTypes } = this.deps;
    const { port2: port } = this.#channel;
    const call = encodeCall(this.request, jsonTypes);
    try {
      const options = { transferList: [port], signal: this.#kill.signal };
      return String(await pool.run({ kind: 'run', connection, call, port }, options));
    } catch (cause) {
      const { name, message } = errorText(cause);
      throw new WorkerLostError(`the thread ended before the task: ${name}: ${message}`, { cause });
    }
  }

  /** What computes without a pause hears of nothing: where Celery ends a process, a thread is ended. */
  #abort(): void {
    const { reason }: { reason: unknown } = this.request.signal;
    if (reason instanceof TimeLimitExceeded || reason instanceof TaskRevokedError) this.terminate();
    else this.#post({ kind: 'abort', reason: abortReason(reason) });
  }

  #heard(message: FromRun): void {
    if (message.kind === 'begun') this.#begin();
    else void this.#updateState(message);
  }

  async #updateState({ id, state, meta }: Extract<FromRun, { kind: 'updateState' }>): Promise<void> {
    try {
      await this.request.updateState(state, decodeJson(meta, this.deps.jsonTypes));
      this.#post({ kind: 'stateStored', id });
    } catch (error) {
      this.#post({ kind: 'stateStored', id, error: errorText(error) });
    }
  }

  #post(message: ToRun): void {
    this.#channel.port1.postMessage(message);
  }
}

import {
  NoStoreError,
  WouldBlockError,
  type Clock,
  type ResultStore,
  type RevocationStore,
  type TaskMeta,
} from '#celery';
import { Closing } from './async-result-closing.js';
import type { WaitOptions } from './async-result-patience.js';
import { waitForResult } from './async-result-wait.js';

export interface ResultBackendDeps {
  readonly results: ResultStore | undefined;
  readonly revocations: RevocationStore | undefined;
  readonly clock: Clock;
  /** The task that is running here, if any. */
  readonly currentTask?: () => { readonly id: string } | undefined;
}

/** Where the results of an application are asked for: Celery's `app.backend` as an `AsyncResult` sees it. */
export class ResultBackend {
  readonly #deps: ResultBackendDeps;
  readonly #closing = new Closing();

  constructor(deps: ResultBackendDeps) {
    this.#deps = deps;
  }

  /** @throws NoStoreError @throws (rejects) what the store throws */
  async get(taskId: string): Promise<TaskMeta | undefined> {
    return this.#results().get(taskId);
  }

  /** @throws NoStoreError @throws (rejects) what the store throws */
  async forget(taskId: string): Promise<void> {
    await this.#results().forget(taskId);
  }

  /** @throws (rejects) what `waitForResult` does, NoStoreError */
  async wait(taskId: string, options: WaitOptions): Promise<TaskMeta> {
    const { clock } = this.#deps;
    return waitForResult(taskId, { store: this.#results(), clock, closing: this.#closing }, options);
  }

  /** Celery's `assert_will_not_block`. @throws WouldBlockError inside of a task */
  assertWillNotBlock(taskId: string): void {
    const running = this.#deps.currentTask?.();
    if (running) throw new WouldBlockError(taskId, running.id);
  }

  /** @throws (rejects) NoStoreError */
  async revoke(ids: readonly string[], { terminate = false }: { readonly terminate?: boolean }): Promise<void> {
    const { revocations } = this.#deps;
    if (!revocations) throw new NoStoreError('Revoking tasks', 'revocations');
    await revocations.revoke(ids, { terminate });
  }

  /** Whoever waits is told so. */
  close(): void {
    this.#closing.close();
  }

  #results(): ResultStore {
    const { results } = this.#deps;
    if (!results) throw new NoStoreError('Asking for the result of a task', 'resultBackend');
    return results;
  }
}

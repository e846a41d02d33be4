import {
  DecodeError,
  NoStoreError,
  WouldBlockError,
  type Clock,
  type GroupStore,
  type ResultStore,
  type ResultTuple,
  type RevocationStore,
  type TaskMeta,
} from '#celery';
import { Closing } from './async-result-closing.js';
import type { WaitOptions } from './async-result-patience.js';
import { waitForResult } from './async-result-wait.js';
import { resultFromTuple } from './canvas-results.js';
import { GroupResult, type MemberResult } from './group-result.js';

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

  /**
   * @param meanwhile called whenever the result is not there yet; what it rejects with ends the waiting
   * @throws (rejects) what `waitForResult` does, NoStoreError
   */
  async wait(taskId: string, options: WaitOptions, meanwhile?: () => Promise<void>): Promise<TaskMeta> {
    const { clock } = this.#deps;
    return waitForResult(taskId, { store: this.#results(), clock, closing: this.#closing, meanwhile }, options);
  }

  /** Celery's `result_from_tuple`: asks nothing. */
  resultFromTuple(tuple: ResultTuple): MemberResult {
    return resultFromTuple(tuple, this);
  }

  /** @throws NoStoreError @throws (rejects) what the store throws */
  async saveGroup(group: ResultTuple): Promise<void> {
    await this.#groups('Saving a group').save(group);
  }

  /** @throws NoStoreError @throws (rejects) what the store throws, DecodeError for what is no group */
  async restoreGroup(groupId: string): Promise<GroupResult | undefined> {
    const tuple = await this.#groups('Restoring a group').restore(groupId);
    if (!tuple) return undefined;
    const group = this.resultFromTuple(tuple);
    if (group instanceof GroupResult) return group;
    throw new DecodeError(`The group ${groupId} is saved without its members`);
  }

  /** @throws NoStoreError @throws (rejects) what the store throws */
  async deleteGroup(groupId: string): Promise<void> {
    await this.#groups('Deleting a saved group').remove(groupId);
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

  #results(what = 'Asking for the result of a task'): ResultStore {
    const { results } = this.#deps;
    if (!results) throw new NoStoreError(what, 'resultBackend');
    return results;
  }

  #groups(what: string): GroupStore {
    const { groups } = this.#results(what);
    if (!groups) throw new NoStoreError(`${what} (the present resultBackend keeps none)`, 'resultBackend');
    return groups;
  }
}

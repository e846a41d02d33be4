import type { SignatureJson } from '#celery';
import { errbacksOfChord } from './chord-body.js';
import { groupOf, type Finished, type WorkflowCalls } from '../workflow-calls.js';

/** Sends what follows a chord: its body, or the errbacks of its body. */
export class ChordCalls {
  /** @param workflows sends signatures of any kind, and starts the chords among them */
  constructor(readonly workflows: WorkflowCalls) {}

  /** Whether the body and what is called in its place can be sent from here: their queues are ours, and a chord can be started. */
  canEnd(body: SignatureJson): boolean {
    return this.workflows.canSend(body, { args: [[]] }) && this.canFail(body);
  }

  /** Whether the errbacks can be sent from here. */
  canFail(body: SignatureJson): boolean {
    return errbacksOfChord(body).every((errback) => this.workflows.canSend(errback, { args: [''] }));
  }

  /**
   * Sends the body, with the results of the header as its first argument. Its ids are its own, or the same whoever sends it.
   *
   * @param finished the task that ended last
   * @throws (rejects) InvalidTaskError for a body that cannot be sent from here, and what the publisher throws
   */
  async sendBody(finished: Finished, body: SignatureJson, groupId: string, results: readonly unknown[]): Promise<void> {
    await this.workflows.send(finished, body, { args: [results] }, `${groupId}:body`);
  }

  /** Sends errbacks with the id of the task that failed, as a group. */
  async sendErrbacks(finished: Finished, errbacks: readonly SignatureJson[], taskId: string): Promise<void> {
    if (errbacks.length === 0) return;
    const options = { parent_id: taskId, root_id: taskId };
    await this.workflows.send(finished, groupOf(errbacks), { args: [taskId], options }, `${taskId}:errbacks`);
  }
}

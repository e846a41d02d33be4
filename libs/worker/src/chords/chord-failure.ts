import {
  EMPTY_EMBED,
  FAILURE,
  NAMESPACE_OID,
  errorOf,
  exceptionInfoOf,
  isoformat,
  signatureList,
  tracebackOf,
  uuid5,
  type Clock,
  type Delivery,
  type ExceptionInfo,
  type ResultStore,
  type SignatureJson,
  type TaskMessage,
  type TaskMeta,
} from '#celery';
import { chainFailures, lostParts, type LostStep } from '../chain-failure.js';
import { checkLease } from '../check-lease.js';
import { resultsOf, type WaitingResult } from './chord-body.js';
import type { ChordCalls } from './chord-calls.js';
import type { WorkerEvents } from '../events.js';
import { underLease } from '../under-lease.js';
import { whyUnsendable } from '../unsendable.js';

/** A task of a chord's header, with the message that is settled. */
export interface ChordReporter {
  readonly message: TaskMessage;
  readonly delivery: Delivery;
}

/** Why a chord has failed. */
export interface FailedChord {
  readonly groupId: string;
  readonly body: SignatureJson;
  readonly error: Error;
  /** The exception of the task that failed, where it is one. */
  readonly cause: ExceptionInfo | null;
}

export interface ChordFailureDeps {
  readonly store: Pick<ResultStore, 'store'>;
  readonly calls: Pick<ChordCalls, 'sendErrbacks'>;
  readonly events: Pick<WorkerEvents, 'emit'>;
  readonly clock: Clock;
}

/** Fails the body of a chord: errbacks are called, and whoever waits for its results learns of the error. */
export class ChordFailure {
  readonly #deps: ChordFailureDeps;

  constructor(deps: ChordFailureDeps) {
    this.#deps = deps;
  }

  /** Sends first and stores last, as that says that all is done. Resolves with what failed along, and may be part of other chords. */
  async carryOut(failed: FailedChord, reporter: ChordReporter): Promise<readonly LostStep[]> {
    this.#deps.events.emit('chordFailed', { groupId: failed.groupId, error: failed.error });
    const results = resultsOf(failed.body).map((result, index) => withId(result, failed, index));
    for (const result of results) await this.#callErrbacks(result, reporter);
    const embed = { ...EMPTY_EMBED, chain: stepsOf(failed.body) };
    const own = results.map((result) => this.#recordOf(result, failed));
    const ids = new Set(own.map(({ taskId }) => taskId));
    const along = chainFailures({ embed }, this.#recordOf({ taskId: '', failsAlike: false }, failed));
    await this.#store([...along.filter(({ taskId }) => !ids.has(taskId)), ...own], reporter);
    return lostParts({ embed });
  }

  async #callErrbacks({ taskId, errbacks }: Identified, reporter: ChordReporter): Promise<void> {
    const { calls, events } = this.#deps;
    checkLease(reporter.delivery.lease);
    const impossible = await whyUnsendable(() => calls.sendErrbacks(reporter, errbacks, taskId));
    // The results must not wait for what can never be sent.
    if (impossible) events.emit('settleFailed', { delivery: reporter.delivery, error: impossible });
  }

  async #store(metas: readonly TaskMeta[], { delivery: { lease } }: ChordReporter): Promise<void> {
    const { store, clock } = this.#deps;
    for (const meta of metas) {
      checkLease(lease);
      await underLease(lease, clock, () => store.store(meta));
    }
  }

  #recordOf(
    { taskId, failsAlike }: Pick<Identified, 'taskId' | 'failsAlike'>,
    { error, cause }: FailedChord,
  ): TaskMeta {
    const thrown = failsAlike && cause ? errorOf(cause) : error;
    return {
      taskId,
      status: FAILURE,
      result: exceptionInfoOf(thrown),
      traceback: tracebackOf(thrown),
      // Nobody knows: it never ran.
      children: null,
      dateDone: isoformat(new Date(this.#deps.clock.now())),
    };
  }
}

type Identified = WaitingResult & { readonly taskId: string };

/** As Celery does, one without an id gets one: its errbacks are called with it. */
function withId(result: WaitingResult, { groupId }: FailedChord, index: number): Identified {
  return { ...result, taskId: result.taskId ?? uuid5(NAMESPACE_OID, `${groupId}:body:${index}`) };
}

/** Everything that will not run: the tasks of the body, and what follows it. */
function stepsOf(body: SignatureJson): readonly SignatureJson[] {
  const isList = body.subtask_type === 'chain' || body.subtask_type === 'group';
  const own = isList ? signatureList(body.kwargs['tasks']) : [body];
  return [...own, ...signatureList(body.options['chain'])];
}

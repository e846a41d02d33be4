import {
  DecodeError,
  MaxRetriesExceededError,
  READY_STATES,
  Retry,
  exceptionInfoOf,
  readResultTuple,
  readSignature,
  type ResultStore,
  type ResultTuple,
  type SignatureJson,
  type TaskMessage,
  type TaskMeta,
} from '#celery';
import { ChordCalls } from '../chords/chord-calls.js';
import { chordError, reprOfException } from '../chords/chord-error.js';
import { ChordFailure, type FailedChord } from '../chords/chord-failure.js';
import { joinPolled, type Joined } from '../chords/chord-join.js';
import { resolveTaskOptions } from '../task-options.js';
import type { TaskRequest } from '../task-request.js';
import { isUnsendable, whyUnsendable } from '../unsendable.js';
import { bindCall, type Call } from './bind-call.js';
import type { BuiltInDeps, BuiltInTask } from './built-in-task.js';

/** Celery's `result_chord_retry_interval`, in seconds. */
const RETRY_INTERVAL = 1;

/** Results that are asked for at once. */
const BATCH = 10;

/** A chord whose header is polled for. */
interface PolledChord {
  readonly groupId: string;
  readonly body: SignatureJson;
  /** Seconds until it is asked again. */
  readonly interval: number;
  /** Null: asked for ever. */
  readonly maxRetries: number | null;
  /** The members of the header. */
  readonly members: readonly ResultTuple[];
}

/**
 * `celery.chord_unlock`: ends a chord where the result store cannot count its parts. It asks for the results of the header, and asks
 * again by retrying itself, until all are there; then it sends the body, or fails it.
 */
export function chordUnlock({ store, taskDefaults, ...deps }: BuiltInDeps): BuiltInTask {
  const unlock = store && new ChordUnlock({ ...deps, store });
  // A chord whose unlocking is lost never ends.
  const own = { ignoreResult: true, maxRetries: null, acksLate: true, retryVia: 'republish' } as const;
  return {
    name: 'celery.chord_unlock',
    options: resolveTaskOptions(own, taskDefaults),
    canSend: (message) => unlock?.canEnd(message) ?? false,
    run: async (request) => {
      await unlock?.run(request);
      return null;
    },
  };
}

class ChordUnlock {
  readonly #store: ResultStore;
  readonly #calls: ChordCalls;
  readonly #failure: ChordFailure;

  constructor({ store, workflows, events, clock }: Omit<BuiltInDeps, 'store'> & { readonly store: ResultStore }) {
    this.#store = store;
    this.#calls = new ChordCalls(workflows);
    this.#failure = new ChordFailure({ store, calls: this.#calls, events, clock });
  }

  /** Whether the body and what is called in its place can be sent from here. What is no call at all fails when it runs. */
  canEnd(message: TaskMessage): boolean {
    const body = readSignature(message.args[1] ?? message.kwargs['callback']);
    return body === undefined || this.#calls.canEnd(body);
  }

  /**
   * Everything here may be repeated: what is sent has the same ids each time.
   * @throws (rejects) Retry while results are missing, or where the store or SQS cannot be reached
   */
  async run(request: TaskRequest): Promise<void> {
    const chord = readChord(request);
    try {
      const joined = await this.#join(chord, request);
      if (!joined) throw await this.#again(chord, request);
      await this.#end(joined, chord, request);
    } catch (error) {
      // Failed, the task would leave the body pending for ever.
      if (error instanceof Retry || isUnsendable(error)) throw error;
      throw await this.#again(chord, request, error);
    }
  }

  /** What the header comes to; undefined while results are missing. */
  async #join({ members }: PolledChord, request: TaskRequest): Promise<Joined | undefined> {
    try {
      const results = await this.#results(idsOf(members), request);
      return results && (await joinPolled(members, results, this.#store));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // Asked again, it would say the same.
      const cause = exceptionInfoOf(error);
      return { error: chordError(`Join error: ${reprOfException(cause)}`), cause };
    }
  }

  async #results(ids: readonly string[], { signal }: TaskRequest): Promise<readonly TaskMeta[] | undefined> {
    const found: TaskMeta[] = [];
    for (let start = 0; start < ids.length; start += BATCH) {
      signal.throwIfAborted();
      const batch = await Promise.all(ids.slice(start, start + BATCH).map((id) => this.#store.get(id)));
      const ready = batch.flatMap((meta) => (meta && READY_STATES.has(meta.status) ? [meta] : []));
      if (ready.length < batch.length) return undefined;
      found.push(...ready);
    }
    return found;
  }

  async #end(joined: Joined, { groupId, body }: PolledChord, request: TaskRequest): Promise<void> {
    if ('error' in joined) return this.#fail({ groupId, body, ...joined }, request);
    const { received } = request;
    const impossible = await whyUnsendable(() => this.#calls.sendBody(received, body, groupId, joined.results));
    if (!impossible) return;
    const cause = exceptionInfoOf(impossible);
    await this.#fail({ groupId, body, error: chordError(`Callback error: ${reprOfException(cause)}`), cause }, request);
  }

  /** No store that counts parts has its chords polled for: whoever waits for what fails along finds its result. */
  async #fail(failed: FailedChord, { received }: TaskRequest): Promise<void> {
    await this.#failure.carryOut(failed, received);
  }

  /** The next attempt; the last one fails the chord, as nobody will ask for its results any more. */
  async #again(
    { groupId, body, interval, maxRetries }: PolledChord,
    request: TaskRequest,
    error?: unknown,
  ): Promise<Retry> {
    if (maxRetries !== null && request.retries >= maxRetries) {
      const cause = exceptionInfoOf(error ?? new MaxRetriesExceededError(request.task, request.id));
      const reason = `chord_unlock could not be retried: ${reprOfException(cause)}`;
      await this.#fail({ groupId, body, error: chordError(reason), cause }, request);
    }
    // Its arguments make it a new message: one that kept its place on a FIFO queue would block the tasks it waits for.
    const { kwargs } = request;
    return new Retry({ countdown: interval, maxRetries, kwargs, ...(error !== undefined && { cause: error }) });
  }
}

const PARAMETERS = ['group_id', 'callback', 'interval', 'max_retries', 'result'] as const;

/** @throws TypeError for arguments that are none of Celery's */
function readChord(call: Call): PolledChord {
  const callee = { name: 'unlock_chord', parameters: PARAMETERS, required: 2, takesMore: true };
  const { group_id, callback, interval, max_retries, result } = bindCall(callee, call).values;
  const body = readSignature(callback);
  if (!body) throw new TypeError('unlock_chord(): callback must be a signature');
  return {
    groupId: String(group_id),
    body,
    interval: typeof interval === 'number' ? interval : RETRY_INTERVAL,
    maxRetries: typeof max_retries === 'number' ? max_retries : null,
    members: readMembers(result),
  };
}

function readMembers(result: unknown): readonly ResultTuple[] {
  if (!Array.isArray(result)) throw new TypeError('unlock_chord(): result must be a list');
  return result.map((one) => {
    const member = readResultTuple(one);
    if (!member) throw new TypeError('unlock_chord(): result must hold results of tasks and groups');
    return member;
  });
}

/** Ids of all tasks, those in groups as well. */
function idsOf(members: readonly ResultTuple[]): readonly string[] {
  return members.flatMap(([[id], inner]) => (inner ? idsOf(inner) : [id]));
}

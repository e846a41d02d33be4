import {
  DecodeError,
  FAILURE,
  REVOKED,
  SUCCESS,
  exceptionInfoOf,
  type ChordCount,
  type ChordPart,
  type ChordStore,
  type Clock,
  type MessageOf,
  type ResultStore,
  type SignatureJson,
  type TaskMessage,
} from '#celery';
import { lostParts } from '../chain-failure.js';
import { checkLease } from '../check-lease.js';
import type { ChordCalls } from './chord-calls.js';
import { chordError, reprOfException } from './chord-error.js';
import { ChordFailure, type ChordReporter } from './chord-failure.js';
import { joinParts, joinStructure, type Joined } from './chord-join.js';
import type { WorkerEvents } from '../events.js';
import { underLease } from '../under-lease.js';
import { whyUnsendable } from '../unsendable.js';

export interface ChordsDeps {
  readonly store: ResultStore;
  readonly counts: ChordStore;
  readonly calls: ChordCalls;
  readonly events: Pick<WorkerEvents, 'emit'>;
  readonly clock: Clock;
  /** What stands for an error's message. Default: the message. */
  readonly messageOf?: MessageOf | undefined;
}

/** A task that a chord waits for. */
export interface WaitedFor {
  readonly taskId: string | undefined;
  /** Id of the chord. */
  readonly groupId: string | null | undefined;
  /** Place in the chord's header, from 0. */
  readonly groupIndex: number | null | undefined;
  /** Body of the chord. */
  readonly chord: SignatureJson | null | undefined;
}

type Ending = Pick<ChordPart, 'status' | 'result'>;

/**
 * Reports the tasks that chords wait for, and ends a chord with its last: Celery's `on_chord_part_return`. Everything here may be
 * repeated: a part counts once, and what is sent has the same ids each time.
 */
export class Chords {
  readonly #deps: ChordsDeps;
  readonly #failure: ChordFailure;

  constructor(deps: ChordsDeps) {
    this.#deps = deps;
    this.#failure = new ChordFailure(deps);
  }

  async succeeded(reporter: ChordReporter, result: unknown): Promise<void> {
    await this.#report(ownPart(reporter.message), { status: SUCCESS, result: result ?? null }, reporter);
  }

  /** The rest of the task's chain fails with it: its steps may be what a chord waits for. */
  async failed(reporter: ChordReporter, error: unknown): Promise<void> {
    for (const part of partsLostWith(reporter.message)) await this.reportFailed(part, reporter, error);
  }

  async revoked(reporter: ChordReporter, error: unknown): Promise<void> {
    const ending = { status: REVOKED, result: exceptionInfoOf(error, this.#deps.messageOf) };
    await this.#report(ownPart(reporter.message), ending, reporter);
  }

  /** One task that has failed, by its own or with what was before it. */
  async reportFailed(part: WaitedFor, reporter: ChordReporter, error: unknown): Promise<void> {
    await this.#report(part, { status: FAILURE, result: exceptionInfoOf(error, this.#deps.messageOf) }, reporter);
  }

  async #report({ chord, ...place }: WaitedFor, ending: Ending, reporter: ChordReporter): Promise<void> {
    const { taskId, groupId, groupIndex = null } = place;
    // As in Celery, what does not say who it is is nobody's part.
    if (!chord || !taskId || !groupId) return;
    const part = { taskId, groupId, groupIndex, ...ending };
    const { delivery } = reporter;
    const joined = await underLease(delivery.lease, this.#deps.clock, () => this.#join(part));
    if (!joined) return;
    checkLease(delivery.lease);
    await this.#end(joined, chord, part, reporter);
  }

  /** Counts a part. Resolves with what the header comes to once it is complete. */
  async #join(part: ChordPart): Promise<Joined | undefined> {
    const { counts, store } = this.#deps;
    try {
      const count = await counts.report(part);
      if (count.kind === 'claimed') throw new Error(`Chord ${part.groupId} is about to be ended by another worker`);
      if (count.kind === 'pending') return undefined;
      return await joined(count, store);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // Asked again, it would say the same.
      return { error: chordError(`Join error: ${reprOfException(exceptionInfoOf(error))}`), cause: null };
    }
  }

  async #end(joined: Joined, body: SignatureJson, part: ChordPart, reporter: ChordReporter): Promise<void> {
    const { counts, clock } = this.#deps;
    const failure = 'results' in joined ? await this.#send(joined.results, body, part, reporter) : joined;
    if (failure) await this.#fail(failure, body, part, reporter);
    const ending = 'results' in joined ? 'sent' : 'failed';
    await underLease(reporter.delivery.lease, clock, () => counts.end(part, ending));
  }

  /** A body that can never be sent, being too large or not to be encoded, fails instead. */
  async #send(
    results: readonly unknown[],
    body: SignatureJson,
    { groupId }: ChordPart,
    reporter: ChordReporter,
  ): Promise<Failure | undefined> {
    const impossible = await whyUnsendable(() => this.#deps.calls.sendBody(reporter, body, groupId, results));
    if (!impossible) return undefined;
    return { error: chordError(`Callback error: ${reprOfException(exceptionInfoOf(impossible))}`), cause: null };
  }

  async #fail(failure: Failure, body: SignatureJson, { groupId }: ChordPart, reporter: ChordReporter): Promise<void> {
    const lost = await this.#failure.carryOut({ groupId, body, ...failure }, reporter);
    for (const part of lost) await this.reportFailed(part, reporter, failure.error);
  }
}

type Failure = Extract<Joined, { error: Error }>;

/** The task of a message and the steps that fail with it, as far as chords wait for them. */
export function partsLostWith(message: TaskMessage): readonly WaitedFor[] {
  return [ownPart(message), ...lostParts(message)].filter(({ chord }) => chord);
}

function ownPart({ headers, embed }: TaskMessage): WaitedFor {
  return { taskId: headers.id, groupId: headers.group, groupIndex: headers.groupIndex, chord: embed.chord };
}

async function joined(count: Extract<ChordCount, { kind: 'complete' }>, store: ResultStore): Promise<Joined> {
  return count.structure ? joinStructure(count.structure, count.parts, store) : joinParts(count.parts);
}

import {
  EMPTY_EMBED,
  FAILURE,
  READY_STATES,
  WorkerLostError,
  decodeWithLibraries,
  exceptionInfoOf,
  type Clock,
  type DecodeOptions,
  type Log,
  type QueueInfo,
  type ResultStore,
  type SignatureJson,
  type TaskMessage,
  type Delivery,
} from '#celery';
import { chainFailures, memberFailures } from '../chain-failure.js';
import { partsLostWith } from '../chords/chords.js';
import type { ChordReporter } from '../chords/chord-failure.js';
import { deathOf, type Death } from './dead-letter-results-letter.js';
import { LetterMemory } from './dead-letter-results-memory.js';
import type { WorkerEvents } from '../events.js';
import type { FollowUps } from '../follow-ups.js';
import type { Results } from '../results.js';
import { giveBack } from '../settle/settle.js';
import { shown } from '../shown.js';
import type { TaskRegistry } from '../task-registry.js';
import { TaskRequest } from '../task-request.js';
import { underLease } from '../under-lease.js';
import { whyUnsendable } from '../unsendable.js';

/** A task that a chord waits for, and that has failed. */
export interface FailedPart {
  readonly taskId: string;
  /** Id of the chord. */
  readonly groupId: string | null | undefined;
  /** Place in the chord's header, from 0. */
  readonly groupIndex: number | null | undefined;
  /** Body of the chord. */
  readonly chord: SignatureJson;
  readonly error: unknown;
}

export interface DeadLetterResultsDeps {
  /** The queues of this worker that have the dead-letter queue. */
  readonly sources: readonly QueueInfo[];
  readonly store: ResultStore;
  readonly results: Pick<Results, 'unregistered'>;
  readonly followUps: Pick<FollowUps, 'canSend' | 'sendAfterFailure'>;
  /** Counts a part of a chord as failed; the same part may be reported again. Default: chords are not told. */
  readonly reportPart?: (part: FailedPart, reporter: ChordReporter) => Promise<void>;
  readonly registry: Pick<TaskRegistry, 'get'>;
  readonly events: Pick<WorkerEvents, 'emit'>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'debug' | 'warn'>;
  /** Node name of this worker, `celery@<host>`. */
  readonly hostname: string;
  readonly decode?: DecodeOptions | undefined;
}

/** What came of a look at a letter. `failed`: what there was to do could not all be done; a later look does it again. */
export type Look = 'recorded' | 'left' | 'failed';

/** Seconds that a letter is out of sight after a look: longer than one round through the queue takes. */
export const OUT_OF_SIGHT_SECONDS = 30;

/**
 * Looks after which nothing is done about a letter any more. By then its failure was recorded, but the record may have expired
 * (Celery's `result_expires`, one day): without it, errbacks would be called again for as long as the letter is there.
 */
const MAX_LOOKS = 20;

/** Where results are ignored there is no record to tell that it was done. */
const MAX_LOOKS_WITHOUT_RECORD = 1;

/** Looks for which a letter whose errbacks cannot be sent from here is left to a worker that can. */
const PATIENT_LOOKS = 4;

/** A task that is lost, and its letter. */
interface Lost {
  readonly letter: Delivery;
  readonly message: TaskMessage;
  readonly error: WorkerLostError;
  readonly looks: number;
  /** Whether its failure is stored. */
  readonly stores: boolean;
}

/**
 * Gives the tasks whose messages ended in a dead-letter queue the result that nobody else will: errbacks are called, the rest of the
 * chain fails, FAILURE `WorkerLostError` is stored. The letters stay where they are.
 */
export class DeadLetterResults {
  readonly #deps: DeadLetterResultsDeps;
  readonly #memory = new LetterMemory();

  constructor(deps: DeadLetterResultsDeps) {
    this.#deps = deps;
  }

  /** Looks at one letter and leaves it, out of sight for a moment so that the rest of the queue gets its turn. Never rejects. */
  async look(letter: Delivery): Promise<Look> {
    const look = this.#memory.isDone(letter.messageId) ? 'left' : await this.#consider(letter);
    await giveBack(letter, OUT_OF_SIGHT_SECONDS);
    return look;
  }

  async #consider(letter: Delivery): Promise<Look> {
    const { messageId } = letter;
    try {
      const lost = await this.#lost(letter);
      const look = lost && (await this.#isOpen(lost)) ? await this.#record(lost) : 'left';
      if (look === 'failed') this.#memory.failed(messageId);
      else this.#memory.done(messageId);
      return look;
    } catch (error) {
      this.#memory.failed(messageId);
      this.#deps.events.emit('settleFailed', { delivery: letter, error });
      return 'failed';
    }
  }

  /** The lost task of the letter; undefined where it holds none, or one that is not ours to give a result. */
  async #lost(letter: Delivery): Promise<Lost | undefined> {
    const decoded = await decodeWithLibraries(letter.body, this.#deps.decode);
    if (decoded.kind !== 'task') return undefined;
    const { message } = decoded;
    const death = deathOf(letter, message, this.#deps.sources);
    if (death.kind === 'settled' || death.kind === 'foreign') return undefined;
    return { letter, message, error: errorOf(death), looks: death.looks, stores: !this.#ignoresErrors(message) };
  }

  /** Whether nobody has given the task its result yet. */
  async #isOpen({ letter, message, looks, stores }: Lost): Promise<boolean> {
    const { store, log } = this.#deps;
    if (looks > (stores ? MAX_LOOKS : MAX_LOOKS_WITHOUT_RECORD) && !this.#memory.hasFailed(letter.messageId)) {
      log.debug(
        `Dead letter ${letter.messageId} of ${nameOf(message)} is left alone: it was looked at too often before`,
      );
      return false;
    }
    if (!stores) return true;
    const known = await store.get(message.headers.id);
    return known === undefined || !READY_STATES.has(known.status);
  }

  /** What follows is sent first and the task's own result stored last, as that says that all is done. */
  async #record(lost: Lost): Promise<Look> {
    const { letter, message, error } = lost;
    // Whoever has the letter now does all of it.
    if (letter.lease.lost) return 'failed';
    const sendable = this.#canCallErrbacks(message);
    if (!sendable && lost.stores && lost.looks < PATIENT_LOOKS) return 'failed';
    if (sendable) await this.#callErrbacks(lost);
    else this.#warnOfErrbacks(message);
    await this.#reportParts(lost);
    await this.#store(lost);
    this.#deps.events.emit('failed', { request: this.#requestOf(letter, message), error, expected: false });
    return 'recorded';
  }

  #canCallErrbacks(message: TaskMessage): boolean {
    const { errbacks } = message.embed;
    return this.#deps.followUps.canSend({ ...message, embed: { ...EMPTY_EMBED, errbacks } });
  }

  /** Their ids are the same each time, so that a crash behind this is no second call to whoever looks at ids. */
  async #callErrbacks({ letter, message }: Lost): Promise<void> {
    const { followUps, events } = this.#deps;
    const impossible = await whyUnsendable(() => followUps.sendAfterFailure({ message, delivery: letter }));
    // The result must not wait for what can never be sent.
    if (impossible) events.emit('settleFailed', { delivery: letter, error: impossible });
  }

  #warnOfErrbacks(message: TaskMessage): void {
    this.#deps.log.warn(
      `The errbacks of dead ${nameOf(message)} cannot be sent from here: add their queues to \`queues\` (consume: false)`,
    );
  }

  async #reportParts({ message, letter, error }: Lost): Promise<void> {
    const { reportPart } = this.#deps;
    if (!reportPart) return;
    for (const { taskId, groupId, groupIndex, chord } of partsLostWith(message)) {
      if (taskId === undefined || !chord) continue;
      await reportPart({ taskId, groupId, groupIndex, chord, error }, { message, delivery: letter });
    }
  }

  async #store({ letter, message, error, stores }: Lost): Promise<void> {
    const { store, results, clock } = this.#deps;
    const dateDone = new Date(clock.now()).toISOString();
    const failure = { status: FAILURE, result: exceptionInfoOf(error), traceback: null, dateDone };
    const along = stores ? chainFailures(message, failure) : memberFailures(message, failure);
    for (const meta of along) await underLease(letter.lease, clock, () => store.store(meta));
    if (stores) await results.unregistered(message, letter, error);
  }

  /** What the caller said wins; of a task that is not known here nothing else is known. */
  #ignoresErrors({ headers }: TaskMessage): boolean {
    const options = this.#deps.registry.get(headers.task)?.options;
    return (headers.ignoreResult ?? options?.ignoreResult ?? false) && !options?.storeErrorsEvenIfIgnored;
  }

  #requestOf(delivery: Delivery, message: TaskMessage): TaskRequest {
    const { registry, hostname } = this.#deps;
    const maxRetries = registry.get(message.headers.task)?.options.maxRetries ?? null;
    const { retries } = message.headers;
    return new TaskRequest({ message, delivery, retries, maxRetries, hostname, signal: () => delivery.lease.signal });
  }
}

function errorOf(death: Extract<Death, { looks: number }>): WorkerLostError {
  if (death.kind === 'givenUp') return new WorkerLostError(`given up by its workers: ${death.detail}`);
  return new WorkerLostError(`received ${death.receives} times without an outcome`);
}

function nameOf({ headers: { task, id } }: TaskMessage): string {
  return `task ${shown(task)}[${shown(id)}]`;
}

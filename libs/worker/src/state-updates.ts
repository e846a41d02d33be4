import { EXCEPTION_STATES, NoStoreError, READY_STATES } from '#celery';

/** Stores a state, with what is said of it. */
export type StoreState = (state: string, meta: unknown) => Promise<void>;

/** The states that a handler gives its own task, one after the other, until it has ended. */
export class StateUpdates {
  readonly #store: StoreState | undefined;
  /** Undefined: none was given yet. */
  #last: Promise<void> | undefined;
  #ended = false;

  /** @param store undefined: results are disabled */
  constructor(store: StoreState | undefined) {
    this.#store = store;
  }

  /** @throws (rejects) TypeError, NoStoreError, what the store says */
  async update(state: string, meta: unknown): Promise<void> {
    const store = this.#store;
    if (!store) throw new NoStoreError(`Updating the state of a task to ${checked(state)}`, 'resultBackend');
    checked(state);
    // Its outcome is stored, or about to be: a state that came later would hide it.
    if (this.#ended) throw new TypeError(`The state cannot be updated to ${state}: this run of the task has ended`);
    const stored = (this.#last ?? Promise.resolve()).then(() => store(state, meta));
    // Who asked for it is told; the next update does not depend on it.
    this.#last = stored.catch(() => {});
    await stored;
  }

  /** Resolves when what was asked for is stored, undefined where nothing was; nothing is stored afterwards. */
  end(): Promise<void> | undefined {
    this.#ended = true;
    return this.#last;
  }
}

/** What becomes of a task is said by what its handler returns or throws. */
function checked(state: unknown): string {
  if (typeof state !== 'string' || state === '') throw new TypeError('The state of a task must be a text');
  if (!READY_STATES.has(state) && !EXCEPTION_STATES.has(state)) return state;
  throw new TypeError(`The state ${state} cannot be set by updateState: return a value, or throw an error or a Retry`);
}

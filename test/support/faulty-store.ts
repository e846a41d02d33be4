import { MemoryIdempotencyStore, type Clock, type IdempotencyStore, type ResultStore } from 'nestjs-sqs-celery';

export type StoreCall = 'claim' | 'extend' | 'decide' | 'settle' | 'release';

/** Whether a call fails: before it changes anything, or after. */
export type Fault = 'before' | 'after' | undefined;

/** Attempts in memory, behind calls that fail as a test says. */
export class FaultyStore implements IdempotencyStore {
  /** Asked at each call. */
  fault: (call: StoreCall, key: string) => Fault = () => undefined;
  readonly #store: IdempotencyStore;

  constructor(clock: Clock) {
    this.#store = new MemoryIdempotencyStore({ clock });
  }

  claim: IdempotencyStore['claim'] = (claim) => this.#call('claim', claim.key, () => this.#store.claim(claim));
  extend: IdempotencyStore['extend'] = (...args) => this.#call('extend', args[0], () => this.#store.extend(...args));
  decide: IdempotencyStore['decide'] = (...args) => this.#call('decide', args[0], () => this.#store.decide(...args));
  settle: IdempotencyStore['settle'] = (...args) => this.#call('settle', args[0], () => this.#store.settle(...args));
  release: IdempotencyStore['release'] = (...args) =>
    this.#call('release', args[0], () => this.#store.release(...args));
  close: IdempotencyStore['close'] = () => this.#store.close();

  /** The worker dies at the first call of this kind: nothing reaches the store any more until the message is received again. */
  dieAt(call: StoreCall, fault: Fault): void {
    let state: 'alive' | 'dead' | 'gone' = 'alive';
    this.fault = (made) => {
      if (state === 'dead' && made === 'claim') state = 'gone';
      if (state === 'dead') return 'before';
      if (state === 'gone' || made !== call) return undefined;
      state = 'dead';
      return fault;
    };
  }

  async #call<Answer>(call: StoreCall, key: string, work: () => Promise<Answer>): Promise<Answer> {
    const fault = this.fault(call, key);
    if (fault === 'before') throw new Error(`no ${call}`);
    const answer = await work();
    if (fault === 'after') throw new Error(`no answer to ${call}`);
    return answer;
  }
}

/** A result store that takes nothing until then, in epoch milliseconds. */
export function downUntil(until: number, store: ResultStore, clock: Clock): ResultStore {
  return {
    store: async (meta) => {
      if (clock.now() < until) throw new Error('results are down');
      await store.store(meta);
    },
    get: (id) => store.get(id),
    forget: (id) => store.forget(id),
    close: () => store.close(),
  };
}

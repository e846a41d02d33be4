/** A store that a contract suite has to itself. */
export interface StoreUnderTest<S> {
  readonly store: S;
  /** Lets time pass for it: virtually, or in truth. */
  readonly pass: (seconds: number) => Promise<void>;
  /** Called after every test. */
  readonly close: () => Promise<void>;
}

/** Opens a store that knows nothing yet. */
export type Open<S, O> = (options: O) => Promise<StoreUnderTest<S>>;

/** What is tried with a store. */
export type Body<S> = (one: StoreUnderTest<S>) => Promise<void>;

/** Runs a test with a store, and closes it whatever happens. */
export function withStore<S, O>(open: Open<S, O>, options: O, test: Body<S>) {
  return async (): Promise<void> => {
    const one = await open(options);
    try {
      await test(one);
    } finally {
      await one.close();
    }
  };
}

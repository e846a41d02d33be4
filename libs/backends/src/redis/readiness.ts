interface Pending {
  readonly promise: Promise<void>;
  readonly settle: (error?: Error) => void;
}

/** The next time that a connection is ready, for all who wait for it. */
export class Readiness {
  #pending: Pending | undefined;

  wait(): Promise<void> {
    this.#pending ??= pending();
    return this.#pending.promise;
  }

  reached(): void {
    this.#end();
  }

  failed(error: Error): void {
    this.#end(error);
  }

  #end(error?: Error): void {
    this.#pending?.settle(error);
    this.#pending = undefined;
  }
}

function pending(): Pending {
  let settle = (_error?: Error): void => {};
  const promise = new Promise<void>((resolve, reject) => {
    settle = (error) => (error ? reject(error) : resolve());
  });
  // Nobody need be waiting any more.
  promise.catch(() => {});
  return { promise, settle };
}

import type { CanvasResult, ResultTuple } from '#celery';
import type { ResultBackend } from './async-result-backend.js';
import { AsyncResult, type GetOptions } from './async-result.js';

/** The result of one member of a group: a task, or a group where the member is a workflow that ends in one. */
export type MemberResult = AsyncResult | GroupResult;

/** The results of a group's members: Celery's `GroupResult`. */
export class GroupResult<Results = readonly unknown[]> {
  /** Keeps the type of the results with the handle; never set. */
  declare protected readonly values: Results;

  /** @internal Results come from `TaskProducer`. */
  constructor(
    /** Group id. */
    readonly id: string,
    /** In the order of the members. */
    readonly results: readonly MemberResult[],
  ) {}

  /**
   * Waits until all members have ended, and gives their results, in the order of the members.
   *
   * @param options how long to wait for all of them, in milliseconds
   * @throws (rejects) what `AsyncResult.get` does, as soon as one member has failed; the others are not waited for any more
   */
  async get(options: Omit<GetOptions, 'propagate'> = {}): Promise<Results> {
    const waits = new AbortController();
    const stop = (): void => waits.abort(options.signal?.reason);
    // Not AbortSignal.any: Node 20 keeps what it makes as long as the caller's signal lives.
    options.signal?.addEventListener('abort', stop, { once: true });
    if (options.signal?.aborted) stop();
    try {
      const { signal } = waits;
      const values = await Promise.all(this.results.map((member) => member.get({ ...options, signal })));
      return values as Results;
    } finally {
      options.signal?.removeEventListener('abort', stop);
      waits.abort();
    }
  }

  /** Whether all members have ended. */
  async ready(): Promise<boolean> {
    return all(this.results.map((member) => member.ready()));
  }

  /** Whether all members have ended without an error. */
  async successful(): Promise<boolean> {
    return all(this.results.map((member) => member.successful()));
  }

  /** Whether a member has ended with an error. */
  async failed(): Promise<boolean> {
    const failures = await Promise.all(this.results.map((member) => member.failed()));
    return failures.includes(true);
  }

  /** How many members have ended without an error. */
  async completedCount(): Promise<number> {
    const successes = await Promise.all(this.results.map((member) => member.successful()));
    return successes.filter(Boolean).length;
  }

  /** Removes what is stored of the members. */
  async forget(): Promise<void> {
    await Promise.all(this.results.map((member) => member.forget()));
  }

  /**
   * Revokes the members.
   * @throws (rejects) NoStoreError where the application has no `revocations`
   */
  async revoke(options: { readonly terminate?: boolean } = {}): Promise<void> {
    await Promise.all(this.results.map((member) => member.revoke(options)));
  }

  /** Celery's `as_tuple`: how a result is written within another. */
  asTuple(): ResultTuple {
    return [[this.id, null], this.results.map((member) => member.asTuple())];
  }

  /** A task that returns one stores its tuple, as in Celery. */
  toJSON(): ResultTuple {
    return this.asTuple();
  }
}

async function all(answers: readonly Promise<boolean>[]): Promise<boolean> {
  return (await Promise.all(answers)).every(Boolean);
}

/**
 * What is waited for after sending a signature.
 * @param ignored ids of tasks whose results will not be stored
 */
export function resultOf(
  { id, task, results }: CanvasResult,
  backend: ResultBackend | undefined,
  ignored: ReadonlySet<string>,
): MemberResult {
  if (results === null) return new AsyncResult(id, { task: task ?? undefined, backend, ignored: ignored.has(id) });
  return new GroupResult(
    id,
    results.map((member) => resultOf(member, backend, ignored)),
  );
}

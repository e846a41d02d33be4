import { NoStoreError, type ResultTuple } from '#celery';
import type { ResultBackend } from './async-result-backend.js';
import type { AsyncResult, GetOptions } from './async-result.js';
import { GroupWaits, asSettled } from './group-waits.js';

/** The result of one member of a group: a task, or a group where the member is a workflow that ends in one. */
export type MemberResult = AsyncResult | GroupResult;

/** The results of a group where errors are not thrown: each may be one. */
export type ResultsOrErrors<Results> = { [Index in keyof Results]: Results[Index] | Error };

/** What a {@link GroupResult} is made of beside its members. */
export interface GroupResultInit {
  readonly parent?: MemberResult | null | undefined;
  /** What has to end before it begins. Default: the parent. */
  readonly before?: MemberResult | null | undefined;
  readonly backend?: ResultBackend | undefined;
}

/** The results of a group's members: Celery's `GroupResult`. */
export class GroupResult<Results = readonly unknown[]> {
  /** Keeps the type of the results with the handle; never set. */
  declare protected readonly values: Results;
  /** What comes before the group, as {@link AsyncResult.parent}. */
  readonly parent: MemberResult | null;
  /** @internal As of {@link AsyncResult}. */
  readonly before: MemberResult | null;
  readonly #backend: ResultBackend | undefined;

  /** @internal Results come from `TaskProducer`. */
  constructor(
    /** Group id. */
    readonly id: string,
    /** In the order of the members. */
    readonly results: readonly MemberResult[],
    { parent = null, before = parent, backend }: GroupResultInit = {},
  ) {
    this.parent = parent;
    this.before = before;
    this.#backend = backend;
  }

  /**
   * Waits until all members have ended, and gives their results, in the order of the members.
   *
   * @param options as of `AsyncResult.get`; `timeoutMs` is the time for all of them; with `propagate: false` errors stand among
   * the results
   * @throws (rejects) what `AsyncResult.get` does, as soon as one member has failed; the others are not waited for any more
   */
  async get<Propagate extends boolean = true>(
    options: GetOptions & { readonly propagate?: Propagate } = {},
  ): Promise<Propagate extends true ? Results : ResultsOrErrors<Results>> {
    const waits = new GroupWaits(options.signal);
    try {
      const values = await Promise.all(this.results.map((member) => member.get({ ...options, signal: waits.signal })));
      return values as Propagate extends true ? Results : ResultsOrErrors<Results>;
    } finally {
      waits.end();
    }
  }

  /**
   * The members with their results, each as soon as it has ended: Celery's `iter_native`. The waiting begins with the first turn,
   * and ends when the loop is left.
   *
   * @param options as of {@link get}
   * @throws (rejects) what `get` does, as soon as it is the turn of a member that has failed
   */
  async *iterate(options: GetOptions = {}): AsyncGenerator<readonly [result: MemberResult, value: unknown], void> {
    const waits = new GroupWaits(options.signal);
    const wait = async (member: MemberResult): Promise<readonly [MemberResult, unknown]> => [
      member,
      await member.get({ ...options, signal: waits.signal }),
    ];
    try {
      yield* asSettled(this.results.map(wait));
    } finally {
      waits.end();
    }
  }

  /** Whether all members have ended. */
  async ready(): Promise<boolean> {
    return all(this.results.map((member) => member.ready()));
  }

  /** Whether a member has not ended. */
  async waiting(): Promise<boolean> {
    return !(await this.ready());
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

  /** @throws (rejects) the error of a member that has failed or was revoked; never waits */
  async maybeThrow(): Promise<void> {
    await Promise.all(this.results.map((member) => member.maybeThrow()));
  }

  /** The members: a group has no other children. */
  async children(): Promise<readonly MemberResult[]> {
    return this.results;
  }

  /**
   * Saves the ids of the members, so that whoever knows the group's id finds them: `TaskProducer.restoreGroup` here, and
   * `GroupResult.restore` in Python. They are kept for as long as results are, counted from now.
   *
   * @throws (rejects) NoStoreError where the application has no `resultBackend`, or one that keeps no groups
   */
  async save(): Promise<void> {
    await this.#required('Saving a group').saveGroup(this.asTuple());
  }

  /** Removes what {@link save} has saved. The results of the members stay. */
  async delete(): Promise<void> {
    await this.#required('Deleting a saved group').deleteGroup(this.id);
  }

  /** Removes what is stored of the members. What was saved of the group stays: see {@link delete}. */
  async forget(): Promise<void> {
    await Promise.all(this.results.map((member) => member.forget()));
  }

  /**
   * Revokes the members, those of groups among them too, in one request.
   *
   * @param options `terminate`: tasks that are running already are told by their `AbortSignal`
   * @throws (rejects) NoStoreError where the application has no `revocations`
   */
  async revoke(options: { readonly terminate?: boolean } = {}): Promise<void> {
    if (!this.#backend) throw new NoStoreError('Revoking tasks', 'revocations');
    const ids = this.results.flatMap(taskIds);
    if (ids.length > 0) await this.#backend.revoke(ids, options);
  }

  /** Celery's `as_tuple`: how a result is written within another. */
  asTuple(): ResultTuple {
    return [[this.id, this.parent && this.parent.asTuple()], this.results.map((member) => member.asTuple())];
  }

  /** A task that returns one stores its tuple, as in Celery. */
  toJSON(): ResultTuple {
    return this.asTuple();
  }

  #required(what: string): ResultBackend {
    if (!this.#backend) throw new NoStoreError(what, 'resultBackend');
    return this.#backend;
  }
}

async function all(answers: readonly Promise<boolean>[]): Promise<boolean> {
  return (await Promise.all(answers)).every(Boolean);
}

function taskIds(result: MemberResult): readonly string[] {
  return 'results' in result ? result.results.flatMap(taskIds) : [result.id];
}

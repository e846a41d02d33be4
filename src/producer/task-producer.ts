import { InvalidTaskError, readResultTuple, stampMarks } from '#celery';
import type {
  ByKind,
  SignatureJson,
  SignatureOptions,
  SignatureResult,
  StampedHeaders,
  TaskArgs,
  TaskDefinition,
  TaskKwargs,
  TaskResult,
} from '#celery';
import { AsyncResult, type CanvasOptions, type GroupResult, type MemberResult, type SendOptions } from '#producer';
import { describe } from '../options/option-rules.js';
import { SqsConnection } from '../sqs-connection.js';

/** Options of `send` for a definition: its arguments are typed. */
export type TaskSendOptions<Definition> = Omit<
  SendOptions<TaskArgs<Definition>, TaskKwargs<Definition>>,
  'args' | 'kwargs'
> &
  RequiredArgs<TaskArgs<Definition>> &
  RequiredKwargs<TaskKwargs<Definition>>;

/** An object without keys, which fits where every key is optional. */
type Nothing = Record<never, never>;

type RequiredArgs<Args> = [] extends Args ? { readonly args?: Args } : { readonly args: Args };
type RequiredKwargs<Kwargs> = Nothing extends Kwargs ? { readonly kwargs?: Kwargs } : { readonly kwargs: Kwargs };

/** Options may be left out where no argument is required. */
type SendParameters<Definition> =
  Nothing extends TaskSendOptions<Definition>
    ? [options?: TaskSendOptions<Definition>]
    : [options: TaskSendOptions<Definition>];

/**
 * Sends tasks, to Nest and Python workers alike. Usable from `onModuleInit()` until `onApplicationShutdown()`. A task that is
 * sent inside a handler becomes a child of the running one (`parent_id`, `root_id`).
 */
export class TaskProducer {
  constructor(private readonly connection: SqsConnection) {}

  /**
   * Sends a task: Celery's `apply_async` and `send_task`. Resolves once SQS has accepted the message.
   *
   * @param task a definition made by `defineTask`, or the name of any task, whoever runs it
   * @param options arguments, and when and where to run it; times are in seconds
   * @throws (rejects) an `SqsCeleryError` for a call that cannot be sent, an `SqsTransportError` where SQS does not take it; the
   * `code` of both says what was wrong
   */
  send<Definition extends TaskDefinition>(
    task: Definition,
    ...options: SendParameters<Definition>
  ): Promise<AsyncResult<TaskResult<Definition>>>;
  send<Result = unknown>(task: string, options?: SendOptions): Promise<AsyncResult<Result>>;
  /**
   * Sends a signature of any kind, a workflow of tasks: Celery's `signature.apply_async`. Resolves once SQS has accepted all
   * messages that begin it.
   *
   * @param signature made by `signature`, `chain`, `group`, `chord`, `map`, `starmap` or `chunks`
   * @param options of the call, which win over its own; those of a group hold for its members, those of a chain for its first
   * task (`taskId` and `link` for its last, `linkError` for each), those of a chord for its header and body
   * @returns the result of its last task, or the results of the members where it ends in a group
   * @throws (rejects) `InvalidTaskError` for a chord where there is no `resultBackend`
   */
  send<Sig extends SignatureJson>(signature: Sig, options?: CanvasOptions): Promise<SentSignature<Sig>>;
  async send(
    task: string | TaskDefinition | SignatureJson,
    options: SendOptions | CanvasOptions = {},
  ): Promise<unknown> {
    return isSignature(task)
      ? this.#sendSignature(task, options as CanvasOptions)
      : this.#send(task, options as SendOptions);
  }

  /**
   * Sends a task with positional arguments and nothing else: Celery's `delay`.
   *
   * @param task a definition made by `defineTask`, or the name of any task
   * @param args positional arguments
   */
  delay<Definition extends TaskDefinition>(
    task: Definition,
    ...args: TaskArgs<Definition>
  ): Promise<AsyncResult<TaskResult<Definition>>>;
  delay<Result = unknown>(task: string, ...args: unknown[]): Promise<AsyncResult<Result>>;
  async delay(task: string | TaskDefinition, ...args: readonly unknown[]): Promise<AsyncResult> {
    return this.#send(task, { args });
  }

  /**
   * Revokes tasks: Celery's `app.control.revoke`, through the store `revocations`, as SQS has no broadcast. A worker that shares
   * the store does not start them any more, and stores REVOKED.
   *
   * @param ids one task id, or several
   * @param options `terminate`: those that are running already are told by their `AbortSignal`, within seconds
   * @throws (rejects) NoStoreError where no store is configured
   */
  async revoke(ids: string | readonly string[], { terminate = false }: { terminate?: boolean } = {}): Promise<void> {
    await this.connection.opened.backend.revoke([ids].flat(), { terminate });
  }

  /**
   * Revokes all tasks that carry a stamp: Celery's `app.control.revoke_by_stamped_headers`, through the store `revocations`. It holds
   * for tasks that are sent later too, for as long as the store remembers it.
   *
   * @param headers stamps by name, each with one value or several: `{ tenant: ['acme', 'initech'] }`
   * @param options `terminate`: those that are running already are told by their `AbortSignal`, within seconds
   * @throws (rejects) NoStoreError where no store is configured; InvalidTaskError for values that are no texts, numbers or booleans
   */
  async revokeByStampedHeaders(
    headers: StampedHeaders,
    { terminate = false }: { terminate?: boolean } = {},
  ): Promise<void> {
    await this.connection.opened.backend.revoke(stampMarks(headers), { terminate });
  }

  /**
   * The result of any task by its id, whoever sent it: Celery's `AsyncResult(id)`. Asks nothing by itself.
   *
   * @param id task id
   * @param task its definition, for the type of its result, or its name. Default: not known
   */
  asyncResult<Definition extends TaskDefinition>(id: string, task: Definition): AsyncResult<TaskResult<Definition>>;
  asyncResult<Result = unknown>(id: string, task?: string): AsyncResult<Result>;
  asyncResult(id: string, task?: string | TaskDefinition): AsyncResult {
    checkId('task', id);
    const name = task === undefined ? undefined : namedTask(task).name;
    return new AsyncResult(id, { task: name, backend: this.connection.opened.backend });
  }

  /**
   * The results of a group that was saved, by `GroupResult.save()` here or in Python: Celery's `GroupResult.restore(id)`.
   * Undefined where none is: it was not saved, was deleted, or has expired.
   *
   * @param id group id
   * @throws (rejects) `NoStoreError` without a `resultBackend`, or with one that keeps no groups
   */
  async restoreGroup<Results = readonly unknown[]>(id: string): Promise<GroupResult<Results> | undefined> {
    checkId('group', id);
    return (await this.connection.opened.backend.restoreGroup(id)) as GroupResult<Results> | undefined;
  }

  /**
   * The result that a tuple names, with its parents and members: Celery's `result_from_tuple`. Asks nothing by itself.
   *
   * @param tuple what `asTuple()` gave, here or in Python; it may be kept as JSON
   * @throws InvalidTaskError for anything else
   */
  resultFromTuple(tuple: unknown): MemberResult {
    const read = readResultTuple(tuple);
    if (!read) throw new InvalidTaskError('a result is written as asTuple() gives it, [[id, parent], members]');
    return this.connection.opened.backend.resultFromTuple(read);
  }

  #sendSignature(signature: SignatureJson, options: CanvasOptions): Promise<AsyncResult | GroupResult> {
    const { producer, opened } = this.connection;
    const defaultsOf = (task: string): SignatureOptions => this.#ownDefaults(task) as SignatureOptions;
    return producer.sendSignature(signature, given(options), { results: opened.stores.results, defaultsOf });
  }

  #send(task: string | TaskDefinition, options: SendOptions): Promise<AsyncResult> {
    const { name, defaults } = namedTask(task);
    const { producer } = this.connection;
    return producer.send(name, { ...this.#ownDefaults(name), ...given(defaults), ...given(options) });
  }

  /** What the sender takes from the task's own options, as Celery's `apply_async` does from the task's class. */
  #ownDefaults(task: string): SendOptions {
    const { expires, ignoreResult, timeLimit, softTimeLimit } = this.connection.optionsOf(task);
    return given({ expires, ignoreResult, timeLimit, softTimeLimit });
  }
}

/** What sending a signature gives: the results of a group's members where it ends in a group. */
export type SentSignature<Sig> = ByKind<Sig, GroupResult<SignatureResult<Sig>>, AsyncResult<SignatureResult<Sig>>>;

function isSignature(task: string | TaskDefinition | SignatureJson): task is SignatureJson {
  return typeof task === 'object' && task !== null && 'subtask_type' in task;
}

/** JavaScript can hand over anything. */
function namedTask(task: unknown): { readonly name: string; readonly defaults: SendOptions } {
  if (typeof task === 'string') return { name: task, defaults: {} };
  const { name, defaults = {} }: Partial<TaskDefinition> = Object(task);
  if (typeof name === 'string') return { name, defaults };
  throw new InvalidTaskError(`a task is a name or a definition made by defineTask, got ${describe(task)}`);
}

function checkId(what: string, id: unknown): void {
  if (typeof id !== 'string' || id === '') throw new InvalidTaskError(`a ${what} id is a text, got ${describe(id)}`);
}

/** An option given as undefined says nothing. */
function given<Options extends object>(options: Options): { [Key in keyof Options]: Exclude<Options[Key], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

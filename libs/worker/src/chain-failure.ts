import {
  isGroup,
  queueOfSignature,
  readSignature,
  tasksOf,
  textOption,
  type ExtendedMeta,
  type SignatureJson,
  type TaskMessage,
  type TaskMeta,
} from '#celery';

/** A task whose result will never come, as a task before it in its chain has failed. */
export interface LostStep {
  readonly signature: SignatureJson;
  /** Undefined where the signature names none: a workflow whose parts have ids of their own. */
  readonly taskId: string | undefined;
  /** Id of the group or chord it belongs to. */
  readonly groupId: string | undefined;
  /** Place in the group, from 0. */
  readonly groupIndex: number | undefined;
  /** Body of the chord that waits for it. */
  readonly chord: SignatureJson | undefined;
}

/** What the records of a failed task and of the steps after it have in common; `extended`: whether they are extended. */
export type SharedFailure = Pick<TaskMeta, 'status' | 'result' | 'traceback' | 'dateDone' | 'extended'>;

/**
 * The steps after a task in its chain, as far as Celery follows them when the task fails (`Backend.mark_as_failure`). What waits for
 * a chord waits for its body, so that of a chord counts as a step too.
 */
export function lostSteps({ embed: { chain } }: Pick<TaskMessage, 'embed'>): readonly LostStep[] {
  const signatures = [...(chain ?? [])];
  // It grows while it is read: a body may be a chord itself.
  for (const signature of signatures) {
    const body = bodyOf(signature);
    if (body) signatures.push(body);
  }
  return signatures.map(stepOf);
}

/**
 * Those of the {@link lostSteps} that chords wait for. Of a group they wait for each member: Celery reports the group as one of
 * them, and the chord never ends.
 */
export function lostParts(message: Pick<TaskMessage, 'embed'>): readonly LostStep[] {
  return lostSteps(message)
    .filter(({ chord }) => chord)
    .flatMap(({ signature }) => partsOf(signature));
}

/** What reports to a chord for a signature, each with its place in it. */
function partsOf(signature: SignatureJson): readonly LostStep[] {
  if (isGroup(signature)) return tasksOf(signature).flatMap(partsOf);
  if (signature.subtask_type === 'chain') return tasksOf(signature).slice(-1).flatMap(partsOf);
  const body = bodyOf(signature);
  return body ? partsOf(body) : [stepOf(signature)];
}

/** Those of the {@link lostParts} that are no steps of the chain, as Celery counts them, but members of groups among these. */
function lostMembers(message: Pick<TaskMessage, 'embed'>): readonly LostStep[] {
  const steps = new Set(lostSteps(message).map(({ taskId }) => taskId));
  return lostParts(message).filter(({ taskId }) => !steps.has(taskId));
}

/**
 * The records of the steps that a task's failure takes along: the task's own state and error, so that whoever waits for the end of the
 * chain learns of it. They belong into the store before the task's own record, which says that all is done.
 * @param failure how the task failed: its own record, or the part of it that the steps share
 */
export function chainFailures(message: Pick<TaskMessage, 'embed'>, failure: SharedFailure): readonly TaskMeta[] {
  return [...recordsOf(lostSteps(message), failure), ...memberFailures(message, failure)];
}

/**
 * Those of the {@link chainFailures} that are stored even where the task's own result is ignored: the members of groups that chords
 * wait for. A Python worker that joins such a chord asks the store for each, and waits for ever for one that is not there.
 */
export function memberFailures(message: Pick<TaskMessage, 'embed'>, failure: SharedFailure): readonly TaskMeta[] {
  return recordsOf(lostMembers(message), failure);
}

function recordsOf(steps: readonly LostStep[], failure: SharedFailure): readonly TaskMeta[] {
  return steps.flatMap((step) => (step.taskId === undefined ? [] : [recordOf(step, step.taskId, failure)]));
}

function recordOf({ signature, groupId }: LostStep, taskId: string, failure: SharedFailure): TaskMeta {
  const { status, result, traceback, dateDone, extended } = failure;
  const parentId = textOption(signature.options['parent_id']);
  return {
    taskId,
    status,
    result,
    traceback,
    children: [],
    dateDone,
    ...(groupId !== undefined && { groupId }),
    ...(parentId !== undefined && { parentId }),
    ...(extended && { extended: extendedOf(signature, extended) }),
  };
}

/** It never ran: the worker is the one that says so. */
function extendedOf(signature: SignatureJson, { worker }: ExtendedMeta): ExtendedMeta {
  const { task: name, args, kwargs } = signature;
  return { name, args, kwargs, worker, retries: 0, queue: queueOfSignature(signature) ?? '' };
}

function bodyOf({ subtask_type, kwargs }: SignatureJson): SignatureJson | undefined {
  return subtask_type === 'chord' ? readSignature(kwargs['body']) : undefined;
}

function stepOf(signature: SignatureJson): LostStep {
  const { options } = signature;
  const index = Number(options['group_index'] ?? NaN);
  return {
    signature,
    taskId: textOption(options['task_id']),
    groupId: textOption(options['group_id']),
    groupIndex: Number.isSafeInteger(index) ? index : undefined,
    chord: readSignature(options['chord']),
  };
}

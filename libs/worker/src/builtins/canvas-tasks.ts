import {
  InvalidTaskError,
  chunks as chunksOf,
  expandChunks,
  firstOf,
  readResultTuple,
  readSignature,
  resultTuple,
  type PartialCall,
  type ResultTuple,
  type SignatureJson,
  type TaskMessage,
} from '#celery';
import { attemptSeed } from '../attempt-ids.js';
import { resolveTaskOptions } from '../task-options.js';
import type { TaskRequest } from '../task-request.js';
import { groupOf } from '../workflow-calls.js';
import { bindCall, listOf, type Call } from './bind-call.js';
import type { BuiltInDeps, BuiltInTask } from './built-in-task.js';

type Deps = Pick<BuiltInDeps, 'workflows' | 'taskDefaults'>;

/** A workflow that a message asks for. */
interface Asked {
  readonly signature: SignatureJson;
  readonly call: PartialCall;
  /** The task's result, where the message names it. Default: what was sent. */
  readonly result?: ResultTuple;
  /** Whether what is sent becomes a child of the task. Default: true. */
  readonly isChild?: boolean;
}

/** `celery.chunks`: sends the group that chunks stand for. */
export function chunks(deps: Deps): BuiltInTask {
  return sending('celery.chunks', deps, (message) => {
    const { task, it, n } = bindCall({ name: 'chunks', parameters: ['task', 'it', 'n'], required: 3 }, message).values;
    if (!Array.isArray(it)) throw new TypeError('chunks(): it must be a list');
    const mapped = typeof task === 'string' ? task : signatureOf(task, 'chunks(): task');
    return { signature: expandChunks(chunksOf(mapped, it, Number(n))), call: {} };
  });
}

/** `celery.group`: how old versions of Celery send a group. */
export function group(deps: Deps): BuiltInTask {
  const parameters = ['tasks', 'result', 'group_id', 'partial_args', 'add_to_parent'] as const;
  return sending('celery.group', deps, (message) => {
    const { values } = bindCall({ name: 'group', parameters, required: 4 }, message);
    const result = readResultTuple(values.result);
    if (!result) throw new TypeError('group(): result must be that of a group');
    const signature = groupOf(listOf(values.tasks, 'tasks').map((task) => signatureOf(task, 'group(): tasks')));
    return {
      signature: { ...signature, options: { task_id: values.group_id } },
      call: { args: listOf(values.partial_args, 'partial_args') },
      result,
      isChild: values.add_to_parent !== false,
    };
  });
}

/** `celery.chord`: how old versions of Celery send a chord. */
export function chord(deps: Deps): BuiltInTask {
  const polling = ['interval', 'countdown', 'max_retries', 'eager'] as const;
  const parameters = ['header', 'body', 'partial_args', ...polling] as const;
  return sending('celery.chord', deps, (message) => {
    const { values, more } = bindCall({ name: 'chord', parameters, required: 2, takesMore: true }, message);
    const { kwargs, ...options } = more;
    const { header, body, partial_args = [] } = values;
    return {
      signature: {
        task: 'celery.chord',
        args: [],
        kwargs: { kwargs, header, body: signatureOf(body, 'chord(): body') },
        options: {},
        subtask_type: 'chord',
        immutable: false,
      },
      call: { args: listOf(partial_args, 'partial_args'), options },
    };
  });
}

/** `celery.chain`: a chain is sent as its first task, never as this. */
export function chain({ taskDefaults }: Pick<Deps, 'taskDefaults'>): BuiltInTask {
  return {
    name: 'celery.chain',
    options: resolveTaskOptions({}, taskDefaults),
    run: () => Promise.reject(new NotImplementedError('chain is not a real task')),
  };
}

/** Python's `NotImplementedError`. */
class NotImplementedError extends Error {
  override readonly name = 'NotImplementedError';
}

function sending(name: string, { workflows, taskDefaults }: Deps, read: (message: Call) => Asked): BuiltInTask {
  return {
    name,
    options: resolveTaskOptions({}, taskDefaults),
    canSend: (message) => {
      const asked = readable(read, message);
      return asked === undefined || workflows.canSend(asked.signature, asked.call);
    },
    run: async (request) => {
      const { signature, call, result, isChild = true } = read(request);
      const sent = await workflows.send(request.received, signature, call, seedOf(request));
      if (!sent) return result ?? null;
      if (isChild) request.addChild(result ?? resultTuple(firstOf(sent)));
      return result ?? resultTuple(sent);
    },
  };
}

/** Undefined for arguments that do not fit: the run of the task says so. */
function readable(read: (message: Call) => Asked, message: TaskMessage): Asked | undefined {
  try {
    return read(message);
  } catch (error) {
    if (error instanceof TypeError || error instanceof InvalidTaskError) return undefined;
    throw error;
  }
}

/** The same at every delivery of an attempt; a task that is called several times in one has more children each time. */
function seedOf({ children, received: { message } }: TaskRequest): string {
  return `${attemptSeed(message)}:sent:${children.length}`;
}

function signatureOf(value: unknown, what: string): SignatureJson {
  const signature = readSignature(value);
  if (!signature) throw new TypeError(`${what} must be a signature`);
  return signature;
}

import {
  chain,
  chord,
  group,
  immutable,
  link,
  linkError,
  map,
  signature,
  starmap,
  withOptions,
  type SignatureJson,
} from 'nestjs-sqs-celery/tasks';
import { partsOf, type Drawn, type DrawnCanvas, type DrawnTask, type Executor } from './drawn-canvas.js';

/** A canvas as it is sent, and the ids of its tasks. */
export interface BuiltCanvas {
  /** What the ids of its tasks begin with, and what its callbacks tell. */
  readonly name: string;
  readonly signature: SignatureJson;
  readonly taskIds: readonly string[];
}

/** What the id of a task ends with whose first delete is lost. */
export const AGAIN = '-again';

/** Builds a canvas for the mixed fleet. */
export function mixedCanvas({ root, errback }: DrawnCanvas, number: number): BuiltCanvas {
  const name = `c${number}-m`;
  const taskIds: string[] = [];
  const built = build(root, (task) => {
    const place = taskIds.length;
    const id = `${name}-${place}${task.again ? AGAIN : ''}`;
    taskIds.push(id);
    return taskSignature(task, { id, place, name });
  });
  const whole = errback ? linkError(built, called('failed', errback, name)) : built;
  return { name, signature: whole, taskIds };
}

/** The same canvas for the fleet that is all Python: other ids, and one queue. */
export function pythonCanvas({ name, signature: mixed, taskIds }: BuiltCanvas): BuiltCanvas {
  const text = JSON.stringify(mixed).replaceAll(/"queue":"(python|nest|both)"/g, '"queue":"oracle"');
  const signature = JSON.parse(ofPython(text)) as SignatureJson;
  return { name: ofPython(name), signature, taskIds: taskIds.map(ofPython) };
}

/** Ids of the mixed fleet as those of the other. */
export function ofPython(text: string): string {
  return text.replaceAll(/\bc(\d+)-m\b/g, 'c$1-o');
}

function build(drawn: Drawn, leaf: (task: DrawnTask) => SignatureJson): SignatureJson {
  if (drawn.kind === 'task') return leaf(drawn);
  const parts = partsOf(drawn).map((part) => build(part, leaf));
  switch (drawn.kind) {
    case 'chain':
      return drawn.raw ? rawChain(parts) : chain(...parts);
    case 'group':
      return group(...parts);
    case 'chord':
      return chord(parts.slice(0, -1), parts.at(-1)!);
  }
}

/** A chain as it was written down: nobody has joined its steps yet. */
function rawChain(tasks: readonly SignatureJson[]): SignatureJson {
  return { task: 'celery.chain', args: [], kwargs: { tasks }, options: {}, subtask_type: 'chain', immutable: false };
}

interface Place {
  readonly id: string;
  readonly place: number;
  /** Of the canvas. */
  readonly name: string;
}

function taskSignature(
  { work, executor, immutable: isImmutable, linked }: DrawnTask,
  { id, place, name }: Place,
): SignatureJson {
  const made = withOptions(call(work, `t${place}`, isImmutable), { queue: executor, taskId: id });
  const own = work === 'fail' ? linkError(made, called('failed', executor, name)) : made;
  return linked ? link(own, called('called', linked, name)) : own;
}

/** What is mapped takes no results of tasks before it. */
function call(work: DrawnTask['work'], name: string, isImmutable: boolean): SignatureJson {
  if (work === 'map') return immutable(map('walk.text', [name, [name]]));
  if (work === 'starmap') return immutable(starmap('walk.list', [[name, 1], [], [[name]]]));
  return signature(`walk.${work}`, { args: [name], immutable: isImmutable });
}

/** A callback or an errback; its id is drawn by whoever sends it. */
function called(task: 'called' | 'failed', queue: Executor, canvas: string): SignatureJson {
  return signature(`walk.${task}`, { kwargs: { canvas }, queue });
}

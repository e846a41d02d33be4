import { InvalidTaskError } from '../errors/task-errors.js';
import { readSignature, type SignatureJson } from './signature-json.js';

/** Options of a signature, under Celery's names. */
export type Options = SignatureJson['options'];

/** A signature that runs the signatures in its `kwargs.tasks`, in order (chain) or at once (group). */
export function isChain({ subtask_type }: SignatureJson): boolean {
  return subtask_type === 'chain';
}

export function isGroup({ subtask_type }: SignatureJson): boolean {
  return subtask_type === 'group';
}

export function isChord({ subtask_type }: SignatureJson): boolean {
  return subtask_type === 'chord';
}

/** Celery writes no `subtask_type` for it. */
export function isChunks({ task, kwargs }: SignatureJson): boolean {
  return task === 'celery.chunks' && 'n' in kwargs;
}

export function isEmptyGroup(signature: SignatureJson): boolean {
  return isGroup(signature) && tasksOf(signature).length === 0;
}

/** The steps of a chain, the members of a group. */
export function tasksOf(signature: SignatureJson): readonly SignatureJson[] {
  return signaturesIn(signature, signature.kwargs['tasks']);
}

/** The members of a chord's header. */
export function headerOf(chord: SignatureJson): readonly SignatureJson[] {
  return signaturesIn(chord, headerGroup(chord)?.kwargs['tasks'] ?? chord.kwargs['header']);
}

/** A chord's header where it is a group signature, as it is once it has ids. */
export function headerGroup(chord: SignatureJson): SignatureJson | undefined {
  return readSignature(chord.kwargs['header']);
}

/** @throws InvalidTaskError for a chord without one */
export function bodyOf(chord: SignatureJson): SignatureJson {
  const body = readSignature(chord.kwargs['body']);
  if (!body) throw new InvalidTaskError(`'${chord.task}': a chord needs a signature as its body`);
  return body;
}

function signaturesIn({ task }: SignatureJson, value: unknown): readonly SignatureJson[] {
  if (!Array.isArray(value)) throw new InvalidTaskError(`'${task}' must name its tasks in an array`);
  return value.map((element: unknown) => {
    const signature = readSignature(element);
    if (!signature) throw new InvalidTaskError(`'${task}' must hold signatures of tasks only`);
    return signature;
  });
}

/** The signatures of an option that may hold one, several, or none: `link`, `link_error`. */
export function signatureList(value: unknown): readonly SignatureJson[] {
  return [value].flat().flatMap((one: unknown) => readSignature(one) ?? []);
}

export function withTasks<Sig extends SignatureJson>(signature: Sig, tasks: readonly SignatureJson[]): Sig {
  return { ...signature, kwargs: { ...signature.kwargs, tasks } };
}

export function withOption<Sig extends SignatureJson>(signature: Sig, name: string, value: unknown): Sig {
  return { ...signature, options: { ...signature.options, [name]: value } };
}

export function withoutOption<Sig extends SignatureJson>(signature: Sig, name: string): Sig {
  const { [name]: _removed, ...options } = signature.options;
  return { ...signature, options };
}

export function withBody<Sig extends SignatureJson>(chord: Sig, body: SignatureJson): Sig {
  return { ...chord, kwargs: { ...chord.kwargs, body } };
}

export function makeChain(tasks: readonly SignatureJson[]): SignatureJson {
  return primitive('chain', { tasks });
}

export function makeGroup(tasks: readonly SignatureJson[], options: Options = {}): SignatureJson {
  return { ...primitive('group', { tasks }), options };
}

export function makeChord(header: readonly SignatureJson[], body: SignatureJson): SignatureJson {
  return primitive('chord', { kwargs: {}, header, body });
}

function primitive(kind: string, kwargs: SignatureJson['kwargs']): SignatureJson {
  return { task: `celery.${kind}`, args: [], kwargs, options: {}, subtask_type: kind, immutable: false };
}

/** Celery's `group([x])` inside a chain is `x`. */
export function unrolled(signature: SignatureJson): SignatureJson {
  if (!isGroup(signature)) return signature;
  const [first, ...others] = tasksOf(signature);
  return first !== undefined && others.length === 0 ? unrolled(first) : signature;
}

/** Signatures of which the first is changed. */
export function replacedFirst(
  signatures: readonly SignatureJson[],
  change: (first: SignatureJson) => SignatureJson,
): readonly SignatureJson[] {
  const [first, ...others] = signatures;
  return first === undefined ? [] : [change(first), ...others];
}

import { readSignature, signatureList, textOption, type SignatureJson } from '#celery';

/** A result that waits for the body of a chord, and fails with it. */
export interface WaitingResult {
  /** Undefined where the body names none. */
  readonly taskId: string | undefined;
  /** Called with the id when it fails. */
  readonly errbacks: readonly SignatureJson[];
  /** Whether it fails with the error of the header's own task rather than with that of the chord: Celery's members of groups. */
  readonly failsAlike: boolean;
}

/** The results that fail when the chord does whose body this is: that of a task, of the last of a chain, of the members of a group. */
export function resultsOf(body: SignatureJson): readonly WaitingResult[] {
  if (body.subtask_type !== 'group') {
    return [{ taskId: resultIdOf(body), errbacks: errbacksOf(body), failsAlike: false }];
  }
  const tasks = signatureList(body.kwargs['tasks']);
  const members = tasks.map((task) => memberOf(task, errbacksOf(body)));
  return [...members, { taskId: textOption(body.options['task_id']), errbacks: [], failsAlike: true }];
}

/** Everything that is called when the chord fails. */
export function errbacksOfChord(body: SignatureJson): readonly SignatureJson[] {
  return resultsOf(body).flatMap(({ errbacks }) => errbacks);
}

function memberOf(task: SignatureJson, more: readonly SignatureJson[]): WaitingResult {
  const own = errbacksOfResult(task);
  const others = more.filter((one) => !own.some((other) => JSON.stringify(other) === JSON.stringify(one)));
  return { taskId: resultIdOf(task), errbacks: [...own, ...others], failsAlike: true };
}

/** What waits for a chord waits for its body. */
function resultIdOf(signature: SignatureJson): string | undefined {
  const body = bodyOf(signature);
  return body ? resultIdOf(body) : textOption(signature.options['task_id']);
}

/** As in Celery, a chord's errbacks are linked to its body, and those of a group to its members. */
function errbacksOfResult(signature: SignatureJson): readonly SignatureJson[] {
  const body = bodyOf(signature);
  const members = signature.subtask_type === 'group' ? signatureList(signature.kwargs['tasks']) : [];
  return [...errbacksOf(signature), ...(body ? [body] : members).flatMap(errbacksOfResult)];
}

function bodyOf({ subtask_type, kwargs }: SignatureJson): SignatureJson | undefined {
  return subtask_type === 'chord' ? readSignature(kwargs['body']) : undefined;
}

function errbacksOf({ options }: SignatureJson): readonly SignatureJson[] {
  return signatureList(options['link_error']);
}

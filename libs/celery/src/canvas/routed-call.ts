import type { RoutedCall } from '../routing/index.js';
import { readSignature, type SignatureJson } from './signature-json.js';
import { queueOfSignature } from './signature-message.js';

/** A signature as a call that is about to be sent. */
export function routedCall(signature: SignatureJson): RoutedCall {
  const { args, kwargs, options } = signature;
  const { priority } = options;
  return {
    name: routedAs(signature),
    args,
    kwargs,
    queue: queueOfSignature(signature),
    priority: typeof priority === 'number' ? priority : undefined,
  };
}

/** The task by whose name a signature is routed: that of a mapping is routed as the task it calls, a chord's poll as its body. */
function routedAs({ task, args, kwargs }: SignatureJson): string {
  const inner = task === 'celery.chord_unlock' ? args[1] : MAPPINGS.has(task) ? kwargs['task'] : undefined;
  return readSignature(inner)?.task ?? task;
}

const MAPPINGS = new Set(['celery.map', 'celery.starmap', 'celery.chunks']);

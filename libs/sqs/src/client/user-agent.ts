import type { SQSClient } from '@aws-sdk/client-sqs';

type Stack = SQSClient['middlewareStack'];
type Headers = Record<string, string>;

const sdkStep = 'getUserAgentMiddleware';
const ownStep = 'sqsCeleryUserAgent';
const names = ['user-agent', 'x-amz-user-agent'];

/**
 * Lets the SDK put its user agent together once instead of at every request: what it wrote into the first is repeated from then on.
 * `changed` is called when the stack has become another one.
 */
export function rememberUserAgent(stack: Stack, changed: () => void): void {
  addStep(stack, (headers) => {
    const written = names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]));
    // Requests that were under way together have all learnt it: the first one tells.
    if (written.length === 0 || !stack.remove(sdkStep)) return;
    const userAgent = Object.fromEntries(written);
    stack.remove(ownStep);
    addStep(stack, (later) => void Object.assign(later, userAgent));
    changed();
  });
}

/** After the SDK's own step, which has the same place and was there before; before the request is signed. */
function addStep(stack: Stack, look: (headers: Headers) => void): void {
  stack.add(
    (next) => (args) => {
      if (isRequest(args.request)) look(args.request.headers);
      return next(args);
    },
    { name: ownStep, step: 'build', priority: 'low' },
  );
}

function isRequest(value: unknown): value is { readonly headers: Headers } {
  return typeof value === 'object' && value !== null && 'headers' in value && typeof value.headers === 'object';
}

import type { SQSClient } from '@aws-sdk/client-sqs';

/** Aborts requests of a client that keeps its middleware cache. */
export interface AbortableClient {
  readonly client: SQSClient;
  /** Aborts the request made of this command input when `signal` is. To be called before `send`. */
  readonly bind: (this: void, input: object, signal: AbortSignal) => void;
}

/**
 * `send(command, { abortSignal })` makes the SDK throw away the middleware cache of every command, which costs a fifth of the
 * CPU. So the signal travels beside the command: from its input to the signed request, and from there to the request handler.
 */
export function abortable(client: SQSClient): AbortableClient {
  const ofInput = new WeakMap<object, AbortSignal>();
  const ofRequest = new WeakMap<object, AbortSignal>();
  client.middlewareStack.add(
    (next) => (args) => {
      const signal = ofInput.get(args.input);
      // The innermost step: no other middleware replaces the request after this one.
      if (signal && isObject(args.request)) ofRequest.set(args.request, signal);
      return next(args);
    },
    { step: 'deserialize', priority: 'low', name: 'sqsCeleryAbortSignal' },
  );
  const inner = client.config.requestHandler;
  const handle: typeof inner.handle = (request, options) => {
    const abortSignal = isObject(request) ? ofRequest.get(request) : undefined;
    return inner.handle(request, abortSignal ? { ...options, abortSignal } : options);
  };
  client.config.requestHandler = new Proxy(inner, {
    // `Reflect.get` with the inner object as receiver: its methods keep their own `this`.
    get: (target, key) => (key === 'handle' ? handle : bound(target, key)),
  });
  return { client, bind: (input, signal) => void ofInput.set(input, signal) };
}

function bound(target: object, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key, target);
  return typeof value === 'function' ? value.bind(target) : value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

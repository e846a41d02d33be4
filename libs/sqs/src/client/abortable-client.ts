import type {
  $Command,
  ServiceInputTypes,
  ServiceOutputTypes,
  SQSClient,
  SQSClientResolvedConfig,
} from '@aws-sdk/client-sqs';

import { withFastProperties } from './fast-properties.js';
import { RequestEnd } from './request-end.js';
import { rememberUserAgent } from './user-agent.js';

/** The class of a command. */
type CommandClass<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = new (
  input: Input,
) => $Command<Input, Output, SQSClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes>;

type Handler<Input, Output> = (args: { readonly input: Input }) => Promise<{ readonly output: Output }>;

/** Makes one request of a command; rejects when it fails, or soon after `end` is aborted. */
export type SendInput<Input, Output> = (input: Input, end: RequestEnd) => Promise<Output>;

/** How a client's commands are sent. */
export type Sends = <Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  this: void,
  Command: CommandClass<Input, Output>,
) => SendInput<Input, Output>;

/** A client, and how its commands are sent. */
export interface AbortableClient {
  readonly client: SQSClient;
  readonly sends: Sends;
}

interface AbortableOptions {
  /** Its request handler is the application's, which may know the platform's signals alone. */
  readonly customHandler?: boolean;
}

/** Sends through a client of the application's as everybody does: it may be wrapped, or not be the SDK's at all. */
export function sendsThrough(client: SQSClient): Sends {
  return (Command) => (input, end) => client.send(new Command(input), { abortSignal: end.signal });
}

/**
 * Sends for a client that nobody else uses. `client.send(command, { abortSignal })` puts the middleware together at every request,
 * which costs a fifth of the CPU: here that is done once a command, and what ends it travels beside the input, from step to step.
 */
export function abortable(client: SQSClient, { customHandler = false }: AbortableOptions = {}): AbortableClient {
  const { middlewareStack: stack } = client;
  // Several steps copy it at every request.
  const config = withFastProperties(client.config);
  let version = 0;
  addRequestStep(client, customHandler);
  rememberUserAgent(stack, () => version++);
  return {
    client,
    sends<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
      Command: CommandClass<Input, Output>,
    ): SendInput<Input, Output> {
      let handler: Handler<Input, Output> | undefined;
      let resolved = version;
      return async (input, end) => {
        if (resolved !== version) handler = undefined;
        resolved = version;
        handler ??= new Command(input).resolveMiddleware(stack, config, undefined);
        const args = { input, end };
        return (await handler(args)).output;
      };
    },
  };
}

/** The innermost step makes the request itself, as only it is handed what the SDK's steps pass on beside the input. */
function addRequestStep({ config, middlewareStack }: SQSClient, customHandler: boolean): void {
  middlewareStack.add(
    () => async (args) => {
      const end = 'end' in args && args.end instanceof RequestEnd ? args.end : undefined;
      return config.requestHandler.handle(args.request, { abortSignal: customHandler ? end?.signal : end });
    },
    { step: 'deserialize', priority: 'low', name: 'sqsCeleryRequest' },
  );
}

import type { SqsError } from '../errors.js';
import type { Params } from '../protocol/params.js';
import type { Queue } from '../queue/queue.js';
import type { Service } from '../service/service.js';

/** One request as an operation sees it. */
export interface Call {
  readonly params: Params;
  /** Scheme, host and port under which the client reached the endpoint: what queue URLs begin with. */
  readonly baseUrl: string;
  /** The queue named by the request's path, for clients that post to the queue's URL. */
  readonly pathQueue: string | undefined;
  /** Aborted when the client has gone away. */
  readonly signal: AbortSignal;
  /** The request waits for messages: a virtual clock may move on. */
  park(): void;
  /** It waits no longer. */
  resume(): void;
  /** The injected failure of one entry of a batch. */
  failEntry(id: string, index: number): SqsError | undefined;
}

/** The members of an answer; those that are `undefined` are left out. */
export type Output = Readonly<Record<string, unknown>>;

/** One of SQS's operations. */
export type Operation = (service: Service, call: Call) => Output | Promise<Output>;

/** The name in a queue URL: its last segment. Host and account are not looked at, there is only one account. */
export function queueNameOf(queueUrl: string): string {
  return queueUrl.replace(/\/+$/, '').split('/').at(-1) ?? '';
}

/** The queue that a request is about: named by its `QueueUrl`, or by its path. */
export function queueOf(service: Service, call: Call): Queue {
  const url = call.params.string('QueueUrl');
  return service.directory.get(url === undefined ? (call.pathQueue ?? '') : queueNameOf(url));
}

/** The URL of a queue as this client can reach it. */
export function queueUrlOf(service: Service, call: Call, queue: Queue): string {
  return call.baseUrl + service.directory.path(queue.name);
}

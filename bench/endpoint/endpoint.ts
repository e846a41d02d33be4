import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EndpointAnswer, EndpointCounts, EndpointRequest } from './endpoint-messages.js';

/** What scenarios need of an SQS endpoint. */
export interface Endpoint {
  readonly url: string;
  /** Resolves with the queue's URL. */
  createQueue(name: string, attributes?: Readonly<Record<string, string>>): Promise<string>;
  /** Requests so far, by action. */
  counts(): Promise<EndpointCounts>;
  /** Resolves once the queues are empty, to which nothing is sent any more. */
  drained(names: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** An SQS endpoint in a process of its own. */
export class BenchEndpoint implements Endpoint {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (value: unknown) => void>();
  #asked = 0;

  private constructor(
    child: ChildProcess,
    readonly url: string,
  ) {
    this.#process = child;
    child.on('message', ({ id, value }: EndpointAnswer) => {
      this.#waiting.get(id)?.(value);
      this.#waiting.delete(id);
    });
  }

  static async start(): Promise<BenchEndpoint> {
    const child = fork(fileURLToPath(new URL('./endpoint-main.js', import.meta.url)), { execArgv: [] });
    const [{ value }] = (await once(child, 'message')) as [EndpointAnswer];
    return new BenchEndpoint(child, String(value));
  }

  async createQueue(name: string, attributes: Readonly<Record<string, string>> = {}): Promise<string> {
    return String(await this.#ask({ kind: 'createQueue', name, attributes }));
  }

  async counts(): Promise<EndpointCounts> {
    return (await this.#ask({ kind: 'counts' })) as EndpointCounts;
  }

  async drained(names: readonly string[]): Promise<void> {
    await this.#ask({ kind: 'drained', names });
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.disconnect();
    await ended;
  }

  #ask(request: EndpointRequest): Promise<unknown> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#process.send({ id, request });
    });
  }
}

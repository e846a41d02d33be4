import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EndpointAnswer, EndpointCounts, EndpointRequest } from './endpoint-messages.js';

/** An SQS endpoint in a process of its own. */
export class BenchEndpoint {
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

  /** Resolves with the queue's URL. */
  async createQueue(name: string, attributes: Readonly<Record<string, string>> = {}): Promise<string> {
    return String(await this.#ask({ kind: 'createQueue', name, attributes }));
  }

  /** Requests so far, by action. */
  async counts(): Promise<EndpointCounts> {
    return (await this.#ask({ kind: 'counts' })) as EndpointCounts;
  }

  /** Messages in the queue, whatever their state. */
  async depth(name: string): Promise<number> {
    return Number(await this.#ask({ kind: 'depth', name }));
  }

  /** Resolves once the queue is empty. */
  async drained(name: string): Promise<void> {
    await this.#ask({ kind: 'drained', name });
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

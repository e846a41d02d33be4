import { type Endpoint, type EndpointName, startEndpoint } from '../../interop/support/endpoint.js';
import { PythonProducer } from '../../interop/support/python-celery.js';

/** The interpreters that a site needs. */
export interface Interpreters {
  readonly celery: string;
  readonly moto: string;
}

/** A send of Celery's. `args` and `options` are Python expressions; `options` is a list of keyword arguments. */
export interface PythonSend {
  readonly args?: string;
  readonly options?: string;
}

/** A running endpoint and Celery's producer for it, shared by all scenarios. */
export class Site {
  readonly #producer: PythonProducer;
  readonly #stages = new Set<{ close(): Promise<void> }>();
  #queues = 0;

  private constructor(
    readonly endpoint: Endpoint,
    /** The interpreter with Celery. */
    readonly celery: string,
  ) {
    // Not predefined: every scenario makes its own queues.
    this.#producer = PythonProducer.start({ python: celery, endpoint, recorder: '' });
  }

  static async open(name: EndpointName, { celery, moto }: Interpreters): Promise<Site> {
    return new Site(await startEndpoint(name, moto), celery);
  }

  /** A queue name that nobody has yet. */
  nextName(): string {
    this.#queues += 1;
    return `semantics-${this.#queues}-q`;
  }

  send(queue: string, task: string, { args = '()', options = '' }: PythonSend): Promise<string> {
    return this.#producer.send(task, { args, options: `dict(queue='${queue}', ${options})` });
  }

  /** What is open here is closed with it, should the suite be ended before its time. */
  keep(stage: { close(): Promise<void> }): void {
    this.#stages.add(stage);
  }

  release(stage: { close(): Promise<void> }): void {
    this.#stages.delete(stage);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#stages].map((stage) => stage.close()));
    await this.#producer.stop();
    await this.endpoint.stop();
  }
}

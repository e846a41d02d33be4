import type { MessagePort } from 'node:worker_threads';
import { encodeJson, type JsonTypes } from '#celery';
import type { StateUpdates } from '#worker';
import { errorOfReason, errorOfText } from './thread-errors.js';
import type { FromRun, ToRun } from './thread-messages.js';

/** Who waits for a state to be stored. */
interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

/** What a run in a thread hears from the worker, and asks of it. */
export class RunPort {
  readonly #interrupt = new AbortController();
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  constructor(
    private readonly port: MessagePort,
    private readonly types?: JsonTypes,
  ) {
    port.on('message', (message: ToRun) => this.#heard(message));
  }

  /** Aborted when the run is to end. */
  get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Says that the task begins. */
  begin(): void {
    this.port.postMessage({ kind: 'begun' } satisfies FromRun);
  }

  /** Stores a state in the application's result backend, through the worker, which knows whether the message is still ours. */
  readonly storeState: ConstructorParameters<typeof StateUpdates>[0] = (state, meta) => {
    const id = this.#asked++;
    const message: FromRun = { kind: 'updateState', id, state, meta: encodeJson(meta, this.types) };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.port.postMessage(message);
    });
  };

  close(): void {
    this.port.close();
  }

  #heard(message: ToRun): void {
    if (message.kind === 'abort') this.#interrupt.abort(errorOfReason(message.reason));
    else this.#stored(message);
  }

  #stored({ id, error }: Extract<ToRun, { kind: 'stateStored' }>): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(errorOfText(error));
    else waiting?.resolve();
  }
}

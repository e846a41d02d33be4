import { Worker } from 'node:worker_threads';

import type { SQSClient } from '@aws-sdk/client-sqs';

import { sleep, type Clock, type Log } from '#celery/ports';

import { keyValues, placeValues } from './client-values.js';
import type { LeaseThreadData, LeaseThreadReport, RenewedKeys } from './lease-thread-messages.js';

/** A queue whose leases the thread keeps. */
export interface ThreadQueue {
  readonly name: string;
  readonly url: string;
  readonly client: SQSClient;
}

interface LeaseWorkerOptions {
  /** The compiled `lease-thread.js`. */
  readonly entry: URL;
  readonly table: SharedArrayBuffer;
  readonly queues: readonly ThreadQueue[];
  readonly clock: Clock;
  readonly log: Log;
  onReport(report: LeaseThreadReport): void;
  /** The thread is no more, or never came to be. */
  onGone(reason: unknown): void;
}

/** Milliseconds between two looks at the keys: the SDK renews them five minutes before their end. */
const keyCheckMs = 60_000;

/** The lease thread, as the main thread sees it. */
export class LeaseWorker {
  readonly #clients: readonly SQSClient[];
  readonly #closing = new AbortController();
  #worker: Worker | undefined;

  constructor(private readonly options: LeaseWorkerOptions) {
    this.#clients = [...new Set(options.queues.map((queue) => queue.client))];
  }

  /** Starts the thread, and renews its keys until it is closed. Never rejects. */
  async run(): Promise<void> {
    try {
      this.#start(await this.#data());
      await this.#renewKeys();
    } catch (error) {
      this.#gone(error);
    }
  }

  close(): void {
    this.#closing.abort();
    void this.#worker?.terminate();
  }

  async #data(): Promise<LeaseThreadData> {
    const { clock, table, queues } = this.options;
    const places = await Promise.all(
      this.#clients.map(async (client) => ({ ...(await placeValues(client)), keys: await keyValues(client) })),
    );
    return {
      table,
      clockOffset: clock.monotonic() - Number(process.hrtime.bigint()) / 1e6,
      places,
      queues: queues.map(({ name, url, client }) => ({ name, url, place: this.#clients.indexOf(client) })),
    };
  }

  #start(workerData: LeaseThreadData): void {
    if (this.#closing.signal.aborted) return;
    const worker = new Worker(this.options.entry, {
      name: 'sqs-leases',
      workerData,
      // Loaders and inspectors of the application are not for this thread.
      execArgv: [],
      // The main thread has told its user already.
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 },
    });
    worker.unref();
    worker.on('message', (report: LeaseThreadReport) => this.options.onReport(report));
    worker.on('error', (error) => this.#gone(error));
    worker.on('exit', (code) => this.#gone(new Error(`It ended with exit code ${code}.`)));
    this.#worker = worker;
  }

  async #renewKeys(): Promise<void> {
    const known: string[] = [];
    while (!this.#closing.signal.aborted) {
      await sleep(this.options.clock, keyCheckMs, this.#closing.signal);
      await Promise.all(this.#clients.map((client, place) => this.#renew(client, place, known)));
    }
  }

  async #renew(client: SQSClient, place: number, known: string[]): Promise<void> {
    try {
      const keys = await keyValues(client);
      if (known[place] === keys.secretAccessKey) return;
      known[place] = keys.secretAccessKey;
      const renewed: RenewedKeys = { place, keys };
      this.#worker?.postMessage(renewed);
    } catch (error) {
      // The polls fail for the same reason and say so.
      this.options.log.debug(`Renewing the keys of the lease thread failed: ${String(error)}`);
    }
  }

  #gone(reason: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.options.onGone(reason);
  }
}

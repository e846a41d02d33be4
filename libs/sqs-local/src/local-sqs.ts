import { isActivityAware, machineClock } from './clock/clock.js';
import { Faults, type Fault, type FaultRule } from './control/faults.js';
import { viewQueue, type QueueView } from './control/queue-view.js';
import { RequestCounts } from './control/request-counts.js';
import { handle } from './http/handler.js';
import { HttpServer } from './http/http-server.js';
import { createQueueNamed } from './operations/queues.js';
import { setTags } from './operations/tags.js';
import { checkOptions, type LocalSqsOptions } from './options.js';
import { Service } from './service/service.js';

/** What a queue is created with. */
export interface NewQueue {
  /** Queue attributes as SQS names and writes them, for example `{ VisibilityTimeout: '60' }`. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * An Amazon SQS endpoint in this process, for development and tests only: it keeps everything in memory, checks no
 * credentials and no policies, and listens on 127.0.0.1 alone. It speaks SQS's JSON protocol and the older Query
 * protocol, and keeps to SQS's documented semantics: standard and FIFO queues, visibility, delays, retention, long polls,
 * dead-letter queues, message-move tasks, limits and errors. Where SQS promises little (order on a standard queue, short
 * polls that overlook messages, counters that lag), it is exact.
 *
 * @example
 * await using sqs = await LocalSqs.start();
 * const client = new SQSClient({ endpoint: sqs.endpoint, region: sqs.region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
 */
export class LocalSqs implements AsyncDisposable {
  private readonly counts = new RequestCounts();
  private readonly faults = new Faults();
  private server: HttpServer | undefined;
  private closing: Promise<void> | undefined;

  private constructor(private readonly service: Service) {}

  /** Starts an endpoint. Rejects with node's `EADDRINUSE` when the port is taken. */
  static async start(options: LocalSqsOptions = {}): Promise<LocalSqs> {
    checkOptions(options);
    const service = new Service({
      clock: options.clock ?? machineClock,
      region: options.region ?? 'us-east-1',
      accountId: options.accountId ?? '000000000000',
      inFlightQuota: options.inFlightQuota ?? 120_000,
      enforceWaits: options.enforceWaits ?? false,
    });
    const sqs = new LocalSqs(service);
    await sqs.listen(options.port ?? 0);
    return sqs;
  }

  /** The port it listens on. */
  get port(): number {
    if (this.server === undefined) throw new Error('LocalSqs: not started.');
    return this.server.port;
  }

  /** Its URL, for `AWS_ENDPOINT_URL_SQS` or a client's `endpoint`. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get region(): string {
    return this.service.directory.region;
  }

  /** The URL that a queue of this name has, whether it exists or not. */
  queueUrl(name: string): string {
    return this.endpoint + this.service.directory.path(name);
  }

  /** Creates a queue without a request; a name that ends with `.fifo` makes a FIFO queue. Returns its URL. */
  createQueue(name: string, { attributes = {}, tags = {} }: NewQueue = {}): string {
    const given = new Map(Object.entries(attributes));
    if (name.endsWith('.fifo')) given.set('FifoQueue', 'true');
    setTags(createQueueNamed(this.service, name, given), new Map(Object.entries(tags)));
    return this.queueUrl(name);
  }

  /** The names of all queues. */
  queueNames(): string[] {
    return this.service.directory.all().map((queue) => queue.name);
  }

  /** Looks at a queue, now and without a request. Throws when there is none of this name. */
  queue(name: string): QueueView {
    const queue = this.service.directory.find(name);
    if (queue === undefined) {
      throw new Error(
        `LocalSqs: there is no queue ${JSON.stringify(name)}; there are: ${this.queueNames().join(', ') || 'none'}.`,
      );
    }
    this.service.deadlines.runDue();
    return viewQueue(queue, this.queueUrl(name), this.service.deadlines.now());
  }

  /** The requests received so far by SQS action, for example `{ SendMessage: 3 }`: a copy. */
  requestCounts(): Record<string, number> {
    return this.counts.read();
  }

  /** Lets {@link requestCounts} begin anew. */
  resetRequestCounts(): void {
    this.counts.reset();
  }

  /** Makes the next requests fail as `rule` says; faults set earlier come first. */
  fail(rule: FaultRule): Fault {
    return this.faults.add(rule);
  }

  /** Ends all faults. */
  clearFaults(): void {
    this.faults.clear();
  }

  /** Ends open long polls with an empty answer, cuts all connections, and leaves no timer and no handle. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private async listen(port: number): Promise<void> {
    const { clock } = this.service.options;
    const { service, counts, faults } = this;
    const context = { service, counts, faults, endpoint: (): string => this.endpoint };
    const touch = (): void => {
      if (isActivityAware(clock)) clock.touch();
    };
    this.server = await HttpServer.listen(
      port,
      (request, response) => void handle(context, request, response),
      (socket) => {
        touch();
        socket.once('close', touch);
      },
    );
  }

  private async end(): Promise<void> {
    this.service.endPolls();
    await this.server?.close();
    // Last: until its connection was cut, a client could still begin a poll, and with it a timer.
    this.service.close();
  }
}

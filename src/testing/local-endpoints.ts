import { LocalSqs, type LocalSqsOptions } from '#sqs-local';
import { DEFAULT_CONNECTION } from '../tokens.js';

const FIRST_ACCOUNT = '000000000000';

/** One endpoint for each connection, as each may be another account or region: equal names of queues mean nothing there. */
export class LocalEndpoints {
  readonly #starting = new Map<string, Promise<LocalSqs>>();
  readonly #started = new Map<string, LocalSqs>();

  constructor(private readonly options: LocalSqsOptions) {}

  /** That of a connection, which is started if need be. */
  async start(connection: string): Promise<LocalSqs> {
    const starting = this.#starting.get(connection) ?? LocalSqs.start({ ...this.options, accountId: this.#account() });
    this.#starting.set(connection, starting);
    const started = await starting;
    this.#started.set(connection, started);
    return started;
  }

  /** @throws Error where no attached application has opened the connection */
  get(connection: string = DEFAULT_CONNECTION): LocalSqs {
    const started = this.#started.get(connection);
    if (started) return started;
    const names = [...this.#started.keys()].join(', ');
    throw new Error(
      `SqsCeleryTesting: no attached application has opened a connection '${connection}'; opened are: ${names}.`,
    );
  }

  /** Another one for each, so that ARNs tell equal names apart. */
  #account(): string {
    const { accountId = FIRST_ACCOUNT } = this.options;
    return String(Number(accountId) + this.#starting.size).padStart(accountId.length, '0');
  }

  async close(): Promise<void> {
    const started = await Promise.all(this.#starting.values());
    await Promise.all(started.map((sqs) => sqs.close()));
  }
}

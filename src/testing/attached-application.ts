import { Logger } from '@nestjs/common';
import type { MessageSender } from '#celery';
import type { ConnectionOverrides } from '../connections/connection-overrides.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { SqsConnection } from '../sqs-connection.js';
import type { ShutdownHooks } from '../worker/shutdown-hooks.js';

/** What an {@link AttachedApplication} is attached to. */
export interface Site {
  /** The options of a connection that is about to be opened, changed as the tests need them. */
  open(options: ResolvedOptions, connection: SqsConnection): Promise<ResolvedOptions>;
  sender(sender: MessageSender, connection: SqsConnection): MessageSender;
  /** Lets time pass until the condition holds. */
  advanceUntil(condition: () => boolean): Promise<unknown>;
  /** Resolves when `work` has ended, which may take real time, or the patience with it. */
  patiently(work: Promise<unknown>): Promise<void>;
  /** The connections will be closed. */
  close(connections: readonly SqsConnection[]): void;
}

/** One application under test: stands in it for what overrides connections, and for what looks at its shutdown. */
export class AttachedApplication implements ConnectionOverrides, Pick<ShutdownHooks, 'watch' | 'end'> {
  readonly #connections: SqsConnection[] = [];
  #stopped: Promise<void> | undefined;

  constructor(private readonly site: Site) {}

  options(options: ResolvedOptions, connection: SqsConnection): Promise<ResolvedOptions> {
    this.#connections.push(connection);
    return this.site.open(options, connection);
  }

  sender(sender: MessageSender, connection: SqsConnection): MessageSender {
    return this.site.sender(sender, connection);
  }

  /** Tests listen for no signals. */
  watch(): void {}

  /** The workers begin to stop: what they wait for, be it an open poll, waits for the clock. */
  end(): void {
    this.#stopped = this.#passTime();
    this.site.close(this.#connections);
  }

  async onModuleDestroy(): Promise<void> {
    await this.#stopped;
  }

  async #passTime(): Promise<void> {
    try {
      await this.site.advanceUntil(() => this.#connections.every(hasStopped));
      await this.site.patiently(Promise.all(this.#connections.map(({ taskEvents }) => taskEvents.ended())));
      await this.site.advanceUntil(() => this.#connections.every(({ taskEvents }) => taskEvents.isOver));
    } catch (error) {
      // Told at once: without time the workers do not end, and nobody would come to ask.
      new Logger('SqsCeleryTesting').error('Time does not pass for the application that closes', stackOf(error));
    }
  }
}

/** Nothing runs, and those who listen are waited for. */
function hasStopped({ control, taskEvents }: SqsConnection): boolean {
  return control.queues().length === 0 && (taskEvents.unfinished > 0 || taskEvents.isOver);
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : String(error);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { TaskProducer } from 'nestjs-sqs-celery';

/** Sends `do_something` once a second. */
@Injectable()
export class SomethingProducer implements BeforeApplicationShutdown {
  private readonly logger = new Logger(SomethingProducer.name);
  private readonly stopping = new AbortController();

  constructor(private readonly tasks: TaskProducer) {}

  /** Resolves after `count` sends, or when the application shuts down. */
  async run(count: number): Promise<void> {
    for (let number = 1; number <= count && !this.stopping.signal.aborted; number += 1) {
      if (number > 1) await this.pause();
      if (!this.stopping.signal.aborted) await this.send(number);
    }
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  private async send(number: number): Promise<void> {
    const { id } = await this.tasks.delay('do_something', number);
    this.logger.log(`Sent do_something[${id}]`);
  }

  private async pause(): Promise<void> {
    // Rejects only when the shutdown cuts it short, and the loop looks at the signal itself.
    await sleep(1000, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

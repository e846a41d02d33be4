import { ConsoleLogger, Logger } from '@nestjs/common';
import type { Log } from '#celery';

/** Where the lines of tasks go; it knows whether those of the level `log` are dropped. */
export class TaskLogger extends Logger implements Log {
  constructor() {
    super('celery.app.trace');
  }

  /** Loggers of others, those that extend Nest's too, may do with a line what they like: they get all. */
  get printsLog(): boolean {
    const logger = this.localInstance;
    const isNests = logger instanceof ConsoleLogger && logger.constructor === ConsoleLogger;
    return isNests ? logger.isLevelEnabled('log') : true;
  }
}

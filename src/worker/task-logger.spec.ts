import { ConsoleLogger, Logger, type LogLevel, type LoggerService } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { TaskLogger } from './task-logger.js';

/** A logger of the application's, which counts what Nest would not print. */
class OwnLogger extends ConsoleLogger {
  override log(): void {}
}

const silent: LoggerService = { log() {}, warn() {}, error() {} };

describe('TaskLogger', () => {
  afterEach(() => Logger.overrideLogger(new ConsoleLogger()));

  it.each<[string, LoggerService | LogLevel[], boolean]>([
    ['levels with log', ['error', 'log'], true],
    ['levels without log', ['error', 'warn'], false],
    ['no levels', [], false],
    ["Nest's logger", new ConsoleLogger(), true],
    ["Nest's logger without the level", new ConsoleLogger({ logLevels: ['error'] }), false],
    ["a logger that extends Nest's", new OwnLogger({ logLevels: ['error'] }), true],
    ['a logger of another kind', silent, true],
  ])('knows whether lines are printed with %s', (_, logger, prints) => {
    const log = new TaskLogger();
    Logger.overrideLogger(logger);
    expect(log.printsLog).toBe(prints);
  });

  it('notices that the logger is exchanged while it is used', () => {
    const log = new TaskLogger();
    Logger.overrideLogger(['error']);
    const before = log.printsLog;
    Logger.overrideLogger(silent);
    expect([before, log.printsLog]).toEqual([false, true]);
  });
});

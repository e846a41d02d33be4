/** Exit codes of the command line. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

/** What a command may use of the process it runs in. */
export interface CommandIo {
  /** Writes a line to standard output. */
  out(line: string): void;
  /** Writes a line to standard error. */
  error(line: string): void;
  /** Aborted when the command is to end (SIGINT, SIGTERM). */
  readonly stop: AbortSignal;
}

/** A command of `nestjs-sqs-celery`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly usage: string;
  /** Resolves to the exit code. */
  run(args: readonly string[], io: CommandIo): Promise<number>;
}

/** The command line is wrong; the message says what is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

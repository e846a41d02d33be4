import type { Log } from '#celery';

/** Logs a line, which is not made where nothing would be printed: there are two for each task. */
export function logLine(log: Log, line: () => string): void {
  if (log.printsLog ?? true) log.log(line());
}

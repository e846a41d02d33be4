/** Is told of each step of a run. */
export type Progress = (step: string) => void;

/**
 * Writes each step with the time since the start of the run.
 *
 * @param now milliseconds
 */
export function progressTo(write: (line: string) => void, now: () => number): Progress {
  const startedAt = now();
  return (step) => write(`${elapsed((now() - startedAt) / 1000).padStart(8)}  ${step}\n`);
}

/** Minutes and seconds, as people read them. */
export function elapsed(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`;
}

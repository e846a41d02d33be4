/** Where a library reports what happened; fits Nest's `Logger`. */
export interface Log {
  log(message: string): void;
  warn(message: string): void;
  error(message: string, stack?: string): void;
  debug(message: string): void;
  /** Whether `log` may print anything: asked before each of many lines is made. Default: it may. */
  readonly printsLog?: boolean;
}

/**
 * A failure that no retry can mend: `autoretryFor` is not consulted. What is reported and stored is `cause`, where there is
 * one.
 */
export class UnrecoverableError extends Error {
  override readonly name = 'UnrecoverableError';

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
  }
}

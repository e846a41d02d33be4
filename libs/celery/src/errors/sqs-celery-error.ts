/** Base of every error of this package that is not control flow: `instanceof SqsCeleryError`, then `code` tells which. */
export class SqsCeleryError extends Error {
  /** Stable identifier, `SQS_CELERY_…`: match on this, not on the message. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

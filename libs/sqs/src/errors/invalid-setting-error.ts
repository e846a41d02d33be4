import { SqsTransportError } from './sqs-transport-error.js';

/** A number that says how a queue is consumed, or how slots are shared, is not one that can be used. */
export class InvalidSettingError extends SqsTransportError {
  constructor(
    /** What was set, with its queue: `concurrency of queue "a"`. */
    readonly setting: string,
    /** What it has to be. */
    readonly expectation: string,
    value: unknown,
  ) {
    super('SQS_CELERY_INVALID_SETTING', `${setting} must be ${expectation}, got ${String(value)}.`);
  }
}

/** Throws {@link InvalidSettingError} unless `value` is a whole number from 1. */
export function checkWhole(setting: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidSettingError(setting, 'a whole number from 1', value);
}

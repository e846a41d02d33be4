import { SqsCeleryError } from '#celery';

/*
 * SqsCeleryError
 *  ├ ImproperlyConfigured     a store cannot be used as it is configured (Celery's name)
 *  └ BackendError             a store did not do what it was asked (Celery's name)
 */

/** A store cannot be used as it is configured: its URL, or a package that is not installed (Celery's `ImproperlyConfigured`). */
export class ImproperlyConfigured extends SqsCeleryError {
  constructor(problem: string, options?: ErrorOptions) {
    super('SQS_CELERY_IMPROPERLY_CONFIGURED', problem, options);
  }
}

/**
 * A store could not be read or written (Celery's `BackendError`): unreachable, too slow, or it refused. Whether a write has
 * happened is not known. Says which store and why; never holds a password, a key's value, or what was to be stored.
 */
export class BackendError extends SqsCeleryError {
  constructor(problem: string) {
    super('SQS_CELERY_BACKEND', problem);
  }
}

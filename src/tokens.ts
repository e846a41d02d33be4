/** The options as they were given to `forRoot` or made for `forRootAsync`. */
export const SQS_CELERY_OPTIONS = Symbol('SQS_CELERY_OPTIONS');

/**
 * The only source of time of every loop. A test replaces it: `overrideProvider(CLOCK).useValue(new VirtualClock())`.
 */
export const CLOCK = Symbol('SQS_CELERY_CLOCK');

/** The name of the connection that `forRoot` makes without a name. */
export const DEFAULT_CONNECTION = 'default';

/** The options of the default connection, as they were given to `forRoot` or made for `forRootAsync`. */
export const SQS_CELERY_OPTIONS = Symbol('SQS_CELERY_OPTIONS');

/**
 * The token of a connection's options, for `overrideProvider` in tests.
 *
 * @param connection its `name`. Default: the default connection, whose token is {@link SQS_CELERY_OPTIONS}
 */
export function getSqsCeleryOptionsToken(connection: string = DEFAULT_CONNECTION): string | symbol {
  return connection === DEFAULT_CONNECTION ? SQS_CELERY_OPTIONS : `SqsCeleryOptions:${connection}`;
}

/**
 * The only source of time of every loop. A test replaces it: `overrideProvider(CLOCK).useValue(new VirtualClock())`.
 */
export const CLOCK = Symbol('SQS_CELERY_CLOCK');

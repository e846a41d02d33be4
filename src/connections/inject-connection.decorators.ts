import { Inject } from '@nestjs/common';
import { getTaskEventsToken, getTaskProducerToken, getWorkerControlToken } from './connection-tokens.js';

/**
 * Injects the `TaskProducer` of a named connection; that of the default one is injected by its class.
 *
 * ```ts
 * constructor(@InjectTaskProducer('eu') private readonly europe: TaskProducer) {}
 * ```
 *
 * @param connection the `name` in `forRoot`. Default: the default connection
 */
export function InjectTaskProducer(connection?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getTaskProducerToken(connection));
}

/**
 * Injects the `WorkerControl` of a named connection; that of the default one is injected by its class.
 *
 * @param connection the `name` in `forRoot`. Default: the default connection
 */
export function InjectWorkerControl(connection?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getWorkerControlToken(connection));
}

/**
 * Injects the `TaskEvents` of a named connection; those of the default one are injected by their class.
 *
 * @param connection the `name` in `forRoot`. Default: the default connection
 */
export function InjectTaskEvents(connection?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getTaskEventsToken(connection));
}

import { isFifoName } from './queue-name.js';

/**
 * Kombu's checks of a queue in `predefined_queues`; undefined when name and URL fit.
 *
 * @param name Celery's name of the queue
 * @param url URL of the queue
 */
export function checkPredefinedQueue(name: string, url: string): string | undefined {
  if (isFifoName(url) && !isFifoName(name))
    return `Queue with url '${url}' must have a name ending with .fifo; got '${name}'`;
  if (isFifoName(name) && !isFifoName(url)) return `Queue with name '${name}' is not a FIFO queue: '${url}'`;
  return undefined;
}

/**
 * Provided where messages are handed to the application instead of being polled for: behind an event source of AWS Lambda. Its
 * connections are opened as those of a worker, and no loop is started.
 */
export const EVENT_SOURCE = Symbol('SqsCeleryEventSource');

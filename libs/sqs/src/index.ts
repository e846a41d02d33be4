export * from './errors/index.js';
export type { SqsAction, TransportEvents } from './events.js';
export type { ConsumeOptions, DeadLetterOptions, QueueOptions, SqsTransportOptions } from './options.js';
export { invalidAttributes, type QueueAttributes } from './queue/queue-attributes.js';
export type { Consumer, ConsumerMode, ConsumerState, StopOptions, StopReport } from './receive/consumer.js';
export type { PollError } from './receive/poll-health.js';
export { SqsTransport, type QueueCounts } from './transport.js';

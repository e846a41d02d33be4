export type { ActivityAwareClock, Clock, Timer } from './clock/clock.js';
export { VirtualClock, type VirtualClockOptions } from './clock/virtual-clock.js';
export type { Fault, FaultRule } from './control/faults.js';
export type { MessageView, QueueView } from './control/queue-view.js';
export { LocalSqs, type NewQueue } from './local-sqs.js';
export type { SqsAction } from './operations/index.js';
export type { LocalSqsOptions } from './options.js';
export type { MessageState } from './queue/message.js';

export { checkPredefinedQueue } from './predefined-queue.js';
export { canonicalQueueName, isFifoName, sqsNameProblem } from './queue-name.js';

/**
 * The same handlers behind an SQS event source of AWS Lambda.
 *
 * @module
 */
export { createLambdaHandler, type LambdaHandler, type LambdaHandlerOptions } from './create-lambda-handler.js';
export type {
  LambdaContext,
  SQSBatchResponse,
  SQSEvent,
  SQSMessageAttribute,
  SQSRecord,
  SQSRecordAttributes,
} from './sqs-event.js';
export { UnknownEventSourceError } from './unknown-event-source-error.js';

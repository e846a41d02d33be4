import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LambdaApplication } from './lambda-application.js';
import { LambdaModule, type ImportedModule } from './lambda.module.js';
import type { LambdaContext, SQSBatchResponse, SQSEvent } from './sqs-event.js';

/** Options of {@link createLambdaHandler}. */
export interface LambdaHandlerOptions {
  /**
   * Makes the application context, for a logger or a test's overrides; it is initialised where it is not yet. The root module it is
   * given has `AppModule` as its import. Default: `NestFactory.createApplicationContext(root, { abortOnError: false })`.
   */
  readonly createContext?: (root: DynamicModule) => Promise<INestApplicationContext>;
}

/** The handler of a Lambda function behind an SQS event source mapping with `ReportBatchItemFailures`. */
export interface LambdaHandler {
  (event: SQSEvent, context: LambdaContext): Promise<SQSBatchResponse>;
  /** Closes the application, for tests and for extensions that hear of the end; a later invocation starts it again. */
  close(): Promise<void>;
}

/**
 * Runs the `@Task` and `@RawMessage` methods of an application for the messages that AWS Lambda receives: the application is started
 * by the first invocation (again by the next, where that failed), and polls nothing. What is not done is reported as failed, so that
 * SQS delivers it again; without `ReportBatchItemFailures` in the event source mapping, Lambda would delete it.
 *
 * @param AppModule the root module of the application
 * @throws (the handler rejects) UnknownEventSourceError for a queue that is not run here, and whatever stops the start: then SQS
 * delivers all messages again
 */
export function createLambdaHandler(AppModule: ImportedModule, options: LambdaHandlerOptions = {}): LambdaHandler {
  const { createContext = createApplicationContext } = options;
  const application = new LambdaApplication(() => createContext(LambdaModule.of(AppModule)));
  const handler = async (event: SQSEvent, context: LambdaContext): Promise<SQSBatchResponse> => {
    const failed = await application.run(event, context);
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
  return Object.assign(handler, { close: () => application.close() });
}

/** A start that fails must not end the process: the next invocation tries again. */
function createApplicationContext(root: DynamicModule): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(root, { abortOnError: false });
}

import type { LocalSqs, SqsAction } from './index.js';

/** An error answer of the endpoint. */
export class AnswerError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

export interface TestMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly Attributes?: Record<string, string>;
}

export interface TestAnswer {
  readonly QueueUrl: string;
  readonly QueueUrls?: string[];
  readonly MessageId: string;
  readonly SequenceNumber?: string;
  readonly TaskHandle?: string;
  readonly Messages?: TestMessage[];
  readonly Attributes?: Record<string, string>;
  readonly Successful?: { readonly Id: string }[];
  readonly Failed?: { readonly Id: string; readonly Code: string; readonly SenderFault: boolean }[];
  readonly Results?: {
    readonly Status: string;
    readonly ApproximateNumberOfMessagesMoved: number;
    readonly FailureReason?: string;
  }[];
}

/** Calls an operation in the JSON protocol. */
export async function call(sqs: LocalSqs, action: SqsAction, input: object, signal?: AbortSignal): Promise<TestAnswer> {
  const response = await fetch(sqs.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
    body: JSON.stringify(input),
    signal,
  });
  const answer = (await response.json()) as TestAnswer & { __type?: string; message?: string };
  if (response.ok) return answer;
  throw new AnswerError(answer.__type?.split('#')[1] ?? '', response.status, answer.message ?? '');
}

/** Calls an operation in the Query protocol and gives the XML back. */
export async function query(sqs: LocalSqs, form: Record<string, string>, path = '/'): Promise<string> {
  const response = await fetch(sqs.endpoint + path, { method: 'POST', body: new URLSearchParams(form) });
  return response.text();
}

/** The error that a call is refused with. */
export async function rejectionOf(
  promise: Promise<unknown>,
): Promise<{ readonly code?: string; readonly status?: number }> {
  try {
    await promise;
  } catch (error) {
    return error instanceof AnswerError ? error : {};
  }
  throw new Error('It should have been refused.');
}

/** One queue of an endpoint, with short names for what tests do. */
export function queueClient(sqs: LocalSqs, name: string, attributes: Record<string, string> = {}) {
  const QueueUrl = sqs.createQueue(name, { attributes });
  const receive = async (options: object = {}, signal?: AbortSignal): Promise<TestMessage[]> => {
    const answer = await call(sqs, 'ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, ...options }, signal);
    return answer.Messages ?? [];
  };
  return {
    QueueUrl,
    receive,
    bodies: async (options: object = {}): Promise<string[]> => (await receive(options)).map(({ Body }) => Body),
    send: (MessageBody: string, options: object = {}) =>
      call(sqs, 'SendMessage', { QueueUrl, MessageBody, ...options }),
    remove: (ReceiptHandle: string) => call(sqs, 'DeleteMessage', { QueueUrl, ReceiptHandle }),
    hide: (ReceiptHandle: string, VisibilityTimeout: number) =>
      call(sqs, 'ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout }),
  };
}

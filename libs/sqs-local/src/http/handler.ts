import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { entryErrorOf, errorOf, type FaultRule, type Faults } from '../control/faults.js';
import type { RequestCounts } from '../control/request-counts.js';
import { internalError, SqsError, unknownAction } from '../errors.js';
import { isAction, OPERATIONS } from '../operations/index.js';
import { queueNameOf, type Call, type Output } from '../operations/operation.js';
import type { Codec, DecodedRequest, RawRequest } from '../protocol/codec.js';
import { decodeJsonRequest, isJsonRequest, jsonCodec } from '../protocol/json.js';
import { decodeQueryRequest } from '../protocol/query-request.js';
import { queryCodec } from '../protocol/query-response.js';
import type { Service } from '../service/service.js';
import { Activity } from './activity.js';
import { baseUrlOf, disconnectSignal, queueInPath, readRequest, writeAnswer } from './exchange.js';

/** What the requests of one endpoint share. */
export interface HandlerContext {
  readonly service: Service;
  readonly counts: RequestCounts;
  readonly faults: Faults;
  /** The endpoint's URL, for clients that name no host. */
  readonly endpoint: () => string;
}

/** Handles one HTTP request from its arrival to the end of its answer. */
export async function handle(
  context: HandlerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const activity = new Activity(context.service.options.clock, `a request to the local SQS endpoint`);
  activity.resume();
  response.once('close', () => activity.pause());
  const signal = disconnectSignal(request, response);
  let codec: Codec = queryCodec;
  const requestId = randomUUID();
  try {
    const raw = await readRequest(request);
    codec = isJsonRequest(raw) ? jsonCodec : queryCodec;
    const { action, params } = decode(raw);
    const pathQueue = queueInPath(raw.url);
    context.counts.add(action);
    const rule = context.faults.take(action, queueName({ action, params }, pathQueue));
    if (rule?.how === 'hang') return activity.pause();
    if (rule?.how === 'drop') return void request.socket.destroy();
    const baseUrl = baseUrlOf(request, context.endpoint());
    const output = await execute(
      context,
      action,
      { ...callParts(rule, activity), params, baseUrl, pathQueue, signal },
      rule,
    );
    if (rule?.how === 'lose') return void request.socket.destroy();
    writeAnswer(response, codec.success(action, output, requestId));
  } catch (error) {
    if (signal.aborted) return;
    writeAnswer(response, codec.failure(asSqsError(error), requestId));
  }
}

function decode(raw: RawRequest): DecodedRequest {
  return isJsonRequest(raw) ? decodeJsonRequest(raw) : decodeQueryRequest(raw);
}

/** The queue's name for faults; an ill-typed one is the operation's to complain about. */
function queueName({ params }: DecodedRequest, pathQueue: string | undefined): string | undefined {
  try {
    const url = params.string('QueueUrl');
    return url === undefined ? (params.string('QueueName') ?? pathQueue) : queueNameOf(url);
  } catch {
    return undefined;
  }
}

function callParts(rule: FaultRule | undefined, activity: Activity): Pick<Call, 'park' | 'resume' | 'failEntry'> {
  return {
    park: () => activity.pause(),
    resume: () => activity.resume(),
    failEntry: (id, index) => entryErrorOf(rule, id, index),
  };
}

function execute(
  { service }: HandlerContext,
  action: string,
  call: Call,
  rule: FaultRule | undefined,
): Output | Promise<Output> {
  if (rule?.how === 'error') throw errorOf(rule);
  if (!isAction(action)) throw unknownAction(action);
  service.deadlines.runDue();
  return OPERATIONS[action](service, call);
}

function asSqsError(error: unknown): SqsError {
  if (error instanceof SqsError) return error;
  process.emitWarning(error instanceof Error ? error : String(error), 'LocalSqsWarning');
  return internalError();
}

import type { Output } from '../operations/operation.js';
import type { Codec } from './codec.js';
import { isMembers } from './params.js';
import { element, escapeXml } from './xml.js';

const NAMESPACE = 'http://queue.amazonaws.com/doc/2012-11-05/';
const DECLARATION = '<?xml version="1.0"?>';

/** Lists are flat: an element of this name for each entry. `{action}` stands for the operation. */
const LISTS = new Map([
  ['Messages', 'Message'],
  ['QueueUrls', 'QueueUrl'],
  ['queueUrls', 'QueueUrl'],
  ['Successful', '{action}ResultEntry'],
  ['Failed', 'BatchResultErrorEntry'],
  ['Results', 'ListMessageMoveTasksResultEntry'],
]);

/** Maps are flat too: an element of this name for each entry, with a key and a value. */
const MAPS = new Map([
  ['Attributes', { entry: 'Attribute', key: 'Name' }],
  ['MessageAttributes', { entry: 'MessageAttribute', key: 'Name' }],
  ['Tags', { entry: 'Tag', key: 'Key' }],
]);

/** Operations whose answer has no result element. */
const WITHOUT_RESULT = new Set([
  'AddPermission',
  'ChangeMessageVisibility',
  'DeleteMessage',
  'DeleteQueue',
  'PurgeQueue',
  'RemovePermission',
  'SetQueueAttributes',
  'TagQueue',
  'UntagQueue',
]);

/** Answers of the Query protocol. */
export const queryCodec: Codec = {
  success(action, output, requestId) {
    const result = WITHOUT_RESULT.has(action) ? '' : element(`${action}Result`, members(action, output));
    const metadata = element('ResponseMetadata', element('RequestId', requestId));
    const body = `${DECLARATION}<${action}Response xmlns="${NAMESPACE}">${result}${metadata}</${action}Response>`;
    return { status: 200, headers: headers(requestId), body };
  },
  failure(error, requestId) {
    const fault = element('Type', error.senderFault ? 'Sender' : 'Receiver');
    const text = element('Code', escapeXml(error.queryCode)) + element('Message', escapeXml(error.message));
    const content = element('Error', `${fault}${text}<Detail/>`) + element('RequestId', requestId);
    const body = `${DECLARATION}<ErrorResponse xmlns="${NAMESPACE}">${content}</ErrorResponse>`;
    return { status: error.status, headers: headers(requestId), body };
  },
};

function headers(requestId: string): Record<string, string> {
  return { 'content-type': 'text/xml; charset=utf-8', 'x-amzn-requestid': requestId };
}

function members(action: string, output: Output): string {
  return Object.entries(output)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => member(action, name, value))
    .join('');
}

function member(action: string, name: string, value: unknown): string {
  if (Array.isArray(value)) {
    const entry = (LISTS.get(name) ?? name).replace('{action}', action);
    return value.map((one: unknown) => element(entry, content(action, one))).join('');
  }
  const map = MAPS.get(name);
  if (map === undefined || !isMembers(value)) return element(name, content(action, value));
  return Object.entries(value)
    .map(([key, one]) => element(map.key, escapeXml(key)) + element('Value', content(action, one)))
    .map((pair) => element(map.entry, pair))
    .join('');
}

function content(action: string, value: unknown): string {
  return isMembers(value) ? members(action, value) : escapeXml(String(value));
}

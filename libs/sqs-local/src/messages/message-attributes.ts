import { invalidParameter, missingParameter, unsupportedOperation } from '../errors.js';
import type { Params } from '../protocol/params.js';
import { checkCharacters } from './characters.js';

/** One message attribute: text for String and Number, bytes for Binary. */
export interface MessageAttribute {
  /** `String`, `Number` or `Binary`, with an optional label of the sender after a dot. */
  readonly dataType: string;
  readonly value: string | Buffer;
}

/** Message attributes by name. */
export type MessageAttributes = ReadonlyMap<string, MessageAttribute>;

const MAX_ATTRIBUTES = 10;
const NAME = /^(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)$/;
const RESERVED = /^(aws|amazon)\./i;
const DATA_TYPE = /^(String|Number|Binary)(\..{1,249})?$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;

/** Reads and checks the `MessageAttributes` of a message. */
export function readMessageAttributes(message: Params): MessageAttributes {
  const given = message.structures('MessageAttributes');
  if (given.size > MAX_ATTRIBUTES) {
    throw invalidParameter(
      'MessageAttributes',
      `A message can have at most ${MAX_ATTRIBUTES} attributes; there are ${given.size}.`,
    );
  }
  return new Map([...given].map(([name, value]) => [checkName(name), readAttribute(name, value)]));
}

/** Reads and checks `MessageSystemAttributes`: only `AWSTraceHeader` can be sent. */
export function readTraceHeader(message: Params): MessageAttribute | undefined {
  const given = message.structures('MessageSystemAttributes');
  for (const name of given.keys()) {
    if (name !== 'AWSTraceHeader') {
      throw invalidParameter('MessageSystemAttributes', `Only AWSTraceHeader can be sent; there is ${name}.`);
    }
  }
  const header = given.get('AWSTraceHeader');
  const attribute = header && readAttribute('AWSTraceHeader', header);
  if (attribute !== undefined && attribute.dataType !== 'String') {
    throw invalidParameter('AWSTraceHeader', 'Its data type must be String.');
  }
  return attribute;
}

/** What attributes add to the size of their message, in bytes: names, data types and values. */
export function sizeOfAttributes(attributes: MessageAttributes): number {
  let size = 0;
  for (const [name, { dataType, value }] of attributes) {
    size += Buffer.byteLength(name) + Buffer.byteLength(dataType) + Buffer.byteLength(value);
  }
  return size;
}

function checkName(name: string): string {
  if (!NAME.test(name)) {
    throw invalidParameter(
      'MessageAttributes',
      'A name has up to 256 characters of A-Z, a-z, 0-9, underscore, hyphen and period, and no period at an end or beside another.',
    );
  }
  if (RESERVED.test(name)) {
    throw invalidParameter('MessageAttributes', `The prefix of the name ${name} is reserved for AWS.`);
  }
  return name;
}

function readAttribute(name: string, attribute: Params): MessageAttribute {
  const dataType = attribute.string('DataType');
  if (dataType === undefined || !DATA_TYPE.test(dataType)) {
    throw invalidParameter(
      'MessageAttributes',
      `The data type of ${name} must be String, Number or Binary, with an optional label after a period.`,
    );
  }
  if (attribute.has('StringListValues') || attribute.has('BinaryListValues')) {
    throw unsupportedOperation('Message attribute lists in SendMessage are not implemented.');
  }
  return {
    dataType,
    value: dataType.startsWith('Binary') ? binaryValue(name, attribute) : textValue(name, dataType, attribute),
  };
}

function binaryValue(name: string, attribute: Params): Buffer {
  const value = attribute.binary('BinaryValue');
  if (value === undefined || value.length === 0) throw missingParameter(`BinaryValue of message attribute ${name}`);
  return value;
}

function textValue(name: string, dataType: string, attribute: Params): string {
  const value = attribute.string('StringValue');
  if (value === undefined || value === '') throw missingParameter(`StringValue of message attribute ${name}`);
  if (dataType.startsWith('Number') && !NUMBER.test(value)) {
    throw invalidParameter('MessageAttributes', `Could not cast the value of message attribute ${name} to a number.`);
  }
  checkCharacters(`Message attribute ${name}`, value);
  return value;
}

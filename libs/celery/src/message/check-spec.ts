import { isRecord, readSignature, type SignatureJson } from '../canvas/signature-json.js';
import { kindOf } from '../errors/check.js';
import { InvalidTaskError } from '../errors/task-errors.js';
import type { TaskMessageSpec } from './create-task-message.js';
import { ENVELOPE_PROPERTIES, PROTOCOL_HEADERS, isSendable } from './header-names.js';
import { EMPTY_EMBED, type Embed } from './task-message.js';

type Refuse = (what: string, value: unknown) => never;

/** @throws InvalidTaskError for what would be no message, or one that ends a Python worker */
export function checkSpec(spec: TaskMessageSpec): void {
  if (typeof spec.task !== 'string' || spec.task === '') throw new InvalidTaskError('a task needs a name');
  const refuse = refusalOf(spec);
  if (spec.id !== undefined && (typeof spec.id !== 'string' || spec.id === ''))
    refuse('id must be a non-empty string', spec.id);
  if (typeof spec.queue !== 'string' || spec.queue === '') refuse('queue must be the name of a queue', spec.queue);
  if (spec.args !== undefined && !Array.isArray(spec.args)) refuse('args must be an array', spec.args);
  checkTexts(spec, refuse);
  checkNumbers(spec, refuse);
  checkTimelimit(spec.timelimit, refuse);
  checkObjects(spec, refuse);
  checkNames(spec);
}

/**
 * What follows the task, with the keys that a Python worker wants.
 *
 * @throws InvalidTaskError where it holds something else than signatures
 */
export function checkedEmbed(spec: TaskMessageSpec): Embed {
  const { embed } = spec;
  if (embed === undefined) return EMPTY_EMBED;
  const refuse = refusalOf(spec);
  if (!isRecord(embed)) refuse('embed must be an object', embed);
  const one = (where: string, value: unknown): SignatureJson =>
    readSignature(value) ?? refuse(`embed.${where} must hold signatures of tasks`, value);
  const list = (where: 'callbacks' | 'errbacks' | 'chain'): SignatureJson[] | null => {
    const value: unknown = embed[where] ?? null;
    if (value === null) return null;
    if (!Array.isArray(value)) return refuse(`embed.${where} must be an array of signatures, or null`, value);
    return value.map((element) => one(where, element));
  };
  const chord = embed.chord ?? null;
  return {
    callbacks: list('callbacks'),
    errbacks: list('errbacks'),
    chain: list('chain'),
    chord: chord === null ? null : one('chord', chord),
  };
}

function refusalOf({ task }: TaskMessageSpec): Refuse {
  return (what, value) => {
    throw new InvalidTaskError(`task '${task}': ${what}; got ${describe(value)}`);
  };
}

function describe(value: unknown): string {
  return value instanceof Date ? 'a Date' : kindOf(value);
}

function checkTexts(spec: TaskMessageSpec, refuse: Refuse): void {
  for (const name of ['origin', 'rootId', 'parentId', 'group', 'shadow', 'replyTo'] as const) {
    const value: unknown = spec[name] ?? null;
    if (value !== null && typeof value !== 'string') refuse(`${name} must be a string`, value);
  }
  const { stampedHeaders = null } = spec;
  if (stampedHeaders === null) return;
  if (!Array.isArray(stampedHeaders) || stampedHeaders.some((name) => typeof name !== 'string'))
    refuse('stampedHeaders must be an array of names', stampedHeaders);
}

function checkNumbers(spec: TaskMessageSpec, refuse: Refuse): void {
  for (const name of ['retries', 'priority', 'replacedTaskNesting'] as const) {
    const value = spec[name];
    if (value !== undefined && !isCount(value)) refuse(`${name} must be a whole number from 0`, value);
  }
  const { groupIndex = null, ignoreResult } = spec;
  if (groupIndex !== null && !Number.isSafeInteger(groupIndex))
    refuse('groupIndex must be a whole number, or null', groupIndex);
  if (ignoreResult !== undefined && typeof ignoreResult !== 'boolean')
    refuse('ignoreResult must be true or false', ignoreResult);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function checkTimelimit(timelimit: TaskMessageSpec['timelimit'], refuse: Refuse): void {
  if (timelimit === undefined) return;
  if (!Array.isArray(timelimit) || timelimit.length !== 2) refuse('timelimit must be [hard, soft]', timelimit);
  for (const limit of timelimit) {
    if (limit !== null && !(Number.isFinite(limit) && limit >= 0)) {
      refuse('a time limit must be a number of seconds, or null', limit);
    }
  }
}

function checkObjects(spec: TaskMessageSpec, refuse: Refuse): void {
  for (const name of ['kwargs', 'headers', 'properties', 'stamps'] as const) {
    const value: unknown = spec[name];
    if (value !== undefined && !isWrittenAsObject(value)) refuse(`${name} must be an object`, value);
  }
}

/** A plain object, or an instance of a class that is written as its own properties: no array, no date, no `Decimal`. */
function isWrittenAsObject(value: unknown): boolean {
  if (isRecord(value)) return typeof value['toJSON'] !== 'function';
  return Object.prototype.toString.call(value) === '[object Object]' && !('toJSON' in Object(value));
}

function checkNames({ task, headers = {}, properties = {} }: TaskMessageSpec): void {
  const refuse = (name: string, whose: string): never => {
    throw new InvalidTaskError(`task '${task}': '${name}' is ${whose}; choose another name`);
  };
  for (const name of Object.keys(headers)) {
    if (PROTOCOL_HEADERS.has(name)) refuse(name, 'a header of the protocol itself');
    if (!isSendable(name)) refuse(name, "an attribute of Celery's request, which a header would take the place of");
  }
  for (const name of Object.keys(properties)) {
    if (ENVELOPE_PROPERTIES.has(name)) refuse(name, 'a property of the protocol itself');
  }
}

import { parseJsonObject } from '../attributes/policies.js';
import { invalidParameter, missingParameter, overLimit } from '../errors.js';
import { isMembers, type Members } from '../protocol/params.js';
import type { Queue } from '../queue/queue.js';
import { queueOf, type Operation } from './operation.js';

const MAX_ACTIONS = 7;
const MAX_STATEMENTS = 20;
const LABEL = /^[A-Za-z0-9_-]{1,80}$/;

export const addPermission: Operation = (service, call) => {
  const queue = queueOf(service, call);
  const label = call.params.required('Label');
  const accounts = call.params.strings('AWSAccountIds');
  const actions = call.params.strings('Actions');
  if (accounts.length === 0) throw missingParameter('AWSAccountIds');
  if (actions.length === 0) throw missingParameter('Actions');
  const statements = statementsOf(queue);
  checkRoom(label, actions.length, statements);
  writePolicy(queue, [...statements, statement(queue, label, accounts, actions)]);
  return {};
};

export const removePermission: Operation = (service, call) => {
  const queue = queueOf(service, call);
  const label = call.params.required('Label');
  const statements = statementsOf(queue);
  const kept = statements.filter((known) => known.Sid !== label);
  if (kept.length === statements.length)
    throw invalidParameter('Label', "Can't find the label on the existing policy.");
  writePolicy(queue, kept);
  return {};
};

function checkRoom(label: string, actionCount: number, statements: readonly Members[]): void {
  if (!LABEL.test(label)) {
    throw invalidParameter(
      'Label',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.',
    );
  }
  if (statements.some((known) => known.Sid === label)) throw invalidParameter('Label', 'Already exists.');
  if (actionCount > MAX_ACTIONS)
    throw overLimit(`${actionCount} Actions were found, maximum allowed is ${MAX_ACTIONS}.`);
  if (statements.length >= MAX_STATEMENTS) throw overLimit(`A policy can have up to ${MAX_STATEMENTS} statements.`);
}

function statementsOf(queue: Queue): Members[] {
  if (queue.settings.Policy === undefined) return [];
  const { Statement } = parseJsonObject(queue.settings.Policy, 'Policy');
  const statements: unknown[] = Array.isArray(Statement) ? Statement : [Statement];
  return statements.filter(isMembers);
}

function statement(queue: Queue, label: string, accounts: readonly string[], actions: readonly string[]): Members {
  return {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: accounts.map((account) => `arn:aws:iam::${account}:root`) },
    Action: actions.map((action) => `SQS:${action}`),
    Resource: queue.arn,
  };
}

function writePolicy(queue: Queue, statements: readonly Members[]): void {
  const policy = { Version: '2008-10-17', Id: `${queue.arn}/SQSDefaultPolicy`, Statement: statements };
  queue.configure({ ...queue.settings, Policy: statements.length === 0 ? undefined : JSON.stringify(policy) });
}

import { readdirSync, readFileSync } from 'node:fs';
import { encodeJson } from '../serialization/index.js';

/** A message that real Celery sent; see INDEX.md beside the vectors. */
export interface Vector {
  name: string;
  celery_version: string;
  python: string;
  sqs_body: string;
  sqs_send_params: Record<string, unknown>;
  decoded_envelope: {
    body: string;
    'content-type': string;
    'content-encoding': string;
    headers: Record<string, unknown>;
    properties: Record<string, unknown>;
  };
  decoded_body: unknown;
}

const folder = new URL('../../../../test/vectors/', import.meta.url);

/** Every vector that is a message. */
export function allVectors(): Vector[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => vector(file.slice(0, -'.json'.length)));
}

export function vector(name: string): Vector {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Vector;
}

/** The raw messages that were put before a real Python worker. */
export function edgeCases(): Record<string, { sqs_body: string; worker_alive: boolean }> {
  const { cases } = JSON.parse(readFileSync(new URL('tables/inbound_edge_cases.json', folder), 'utf8')) as {
    cases: Record<string, { sqs_body: string; worker_alive: boolean }>;
  };
  return cases;
}

/** A value as the vectors write it: strict JSON in which non-finite numbers are objects. */
export function strict(value: unknown): unknown {
  const text = encodeJson(value).replaceAll(/(?<=[[,:])(NaN|-?Infinity)(?=[\],}])/g, '{"$nonfinite":"$1"}');
  return JSON.parse(text);
}

import { CreateQueueCommand, GetQueueAttributesCommand, type QueueAttributeName, SQSClient } from '@aws-sdk/client-sqs';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { elasticMqClassPath } from './elasticmq.js';
import { Program } from './program.js';

/** The key that everything in these tests signs with; no endpoint checks it. */
export const credentials = { accessKeyId: 'interop', secretAccessKey: 'interop-secret' };

export type EndpointName = 'LocalSqs' | 'moto' | 'ElasticMQ';

/** An SQS endpoint on this machine, and what a test asks it directly. */
export interface Endpoint {
  readonly name: EndpointName;
  readonly url: string;
  readonly region: string;
  /** Celery's URL of it. */
  readonly brokerUrl: string;
  readonly sqs: SQSClient;
  stop(): Promise<void>;
}

export async function startEndpoint(name: EndpointName, motoPython: string): Promise<Endpoint> {
  if (name === 'moto') return startMoto(motoPython);
  return name === 'ElasticMQ' ? startElasticMq() : startLocalSqs();
}

/** Creates a queue under its SQS name and returns its URL. */
export async function createQueue(
  endpoint: Endpoint,
  name: string,
  attributes: Partial<Record<QueueAttributeName, string>> = {},
): Promise<string> {
  const fifo = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
  const command = new CreateQueueCommand({
    QueueName: name,
    Attributes: { VisibilityTimeout: '30', ...fifo, ...attributes },
  });
  const { QueueUrl } = await endpoint.sqs.send(command);
  if (QueueUrl === undefined) throw new Error(`${endpoint.name} made no queue ${name}`);
  return QueueUrl;
}

/** Messages of a queue: visible, in flight and delayed together. */
export async function depth(endpoint: Endpoint, url: string): Promise<number> {
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
  const { Attributes = {} } = await endpoint.sqs.send(command);
  return (
    Number(Attributes.ApproximateNumberOfMessages) +
    Number(Attributes.ApproximateNumberOfMessagesNotVisible) +
    Number(Attributes.ApproximateNumberOfMessagesDelayed)
  );
}

/** Resolves once the queue holds nothing at all: everything sent to it was deleted. */
export async function drained(endpoint: Endpoint, url: string, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const left = await depth(endpoint, url);
    if (left === 0) return;
    if (Date.now() > deadline) throw new Error(`${url} still holds ${left} messages after ${timeoutMs} ms`);
    await delay(50);
  }
}

async function startLocalSqs(): Promise<Endpoint> {
  const local = await LocalSqs.start({ port: 0 });
  return { ...described('LocalSqs', local.endpoint), stop: () => local.close() };
}

async function startMoto(python: string): Promise<Endpoint> {
  const program = new Program('moto', python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0']);
  return served('moto', program, /Running on http:/);
}

/** Has to be told that it is in the region that everybody here signs for, and at which address. */
async function startElasticMq(): Promise<Endpoint> {
  const settings = {
    'rest-sqs.bind-port': '0',
    'rest-sqs.bind-hostname': '127.0.0.1',
    'rest-stats.enabled': 'false',
    'node-address.host': '127.0.0.1',
    'generate-node-address': 'true',
    'aws.region': 'us-east-1',
  };
  const flags = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
  const main = ['-cp', elasticMqClassPath(), 'org.elasticmq.server.Main'];
  const program = new Program('ElasticMQ', 'java', ['-Xmx256m', ...flags, ...main]);
  return served('ElasticMQ', program, /visible server address http:/);
}

/** The endpoint of a program that prints a line with its address. */
async function served(name: EndpointName, program: Program, pattern: RegExp): Promise<Endpoint> {
  const line = await program.line(pattern);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
  if (url === undefined) throw new Error(`${name} printed no address: ${line}`);
  return {
    ...described(name, url),
    async stop() {
      await program.stop();
    },
  };
}

function described(name: EndpointName, url: string): Omit<Endpoint, 'stop'> {
  const region = 'us-east-1';
  const { accessKeyId, secretAccessKey } = credentials;
  const brokerUrl = `sqs://${accessKeyId}:${secretAccessKey}@${new URL(url).host}`;
  return { name, url, region, brokerUrl, sqs: new SQSClient({ endpoint: url, region, credentials }) };
}

import type { Message } from '@aws-sdk/client-sqs';
import { monotonicMs } from './settings.js';

/** For consumers that know nothing of tasks: says how long the way of a message took whose task asks for it. */
export function tellLatency({ Body = '' }: Message): void {
  const { headers, body } = JSON.parse(Buffer.from(Body, 'base64').toString()) as Envelope;
  if (headers.task !== 'bench.latency') return;
  const [[sentAt]] = JSON.parse(Buffer.from(body, 'base64').toString()) as [[number]];
  console.log(`latency ${monotonicMs() - sentAt}`);
}

interface Envelope {
  readonly headers: { readonly task: string };
  readonly body: string;
}

// The endpoint of the benchmark, in a process of its own: an SQS that counts requests. Its parent asks it over IPC.
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import type { EndpointRequest, Numbered } from './endpoint-messages.js';

const LOOK_MS = 2;

const sqs = await LocalSqs.start({ port: 0 });

async function answer(request: EndpointRequest): Promise<unknown> {
  switch (request.kind) {
    case 'createQueue':
      return sqs.createQueue(request.name, { attributes: request.attributes });
    case 'counts':
      return sqs.requestCounts();
    case 'drained':
      for (const name of request.names) while (depth(name) > 0) await sleep(LOOK_MS);
      return true;
  }
}

function depth(name: string): number {
  const { visible, inFlight, delayed } = sqs.queue(name);
  return visible + inFlight + delayed;
}

process.on('message', ({ id, request }: Numbered) => {
  void answer(request).then((value) => process.send?.({ id, value }));
});
// A question that is still open must not keep it.
process.on('disconnect', () => void sqs.close().then(() => process.exit()));
process.send?.({ id: 0, value: sqs.endpoint });

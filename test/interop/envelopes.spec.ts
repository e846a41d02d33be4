import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { SqsCeleryOptions } from 'nestjs-sqs-celery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createQueue } from './support/endpoint.js';
import { Fleets, predefined } from './support/fleets.js';
import { NestFleet } from './support/nest-fleet.js';
import { PythonProducer } from './support/python-celery.js';
import { describeTargets } from './support/targets.js';

const args = ['Größe 🎉', [1, null, true], 'x'.repeat(2000)];
const pythonArgs = "('Größe 🎉', [1, None, True], 'x' * 2000)";

interface Writing {
  readonly title: string;
  readonly nest: SqsCeleryOptions;
  /** Whether the body on SQS is base64. */
  readonly base64: boolean;
}

/** What Nest can be told to write. */
const writings: readonly Writing[] = [
  { title: 'base64', nest: { envelope: 'base64' }, base64: true },
  { title: 'raw', nest: { envelope: 'raw' }, base64: false },
  { title: 'compact', nest: { envelope: 'compact' }, base64: false },
  { title: 'base64, zlib', nest: { envelope: 'base64', compression: 'zlib' }, base64: true },
  { title: 'raw, gzip', nest: { envelope: 'raw', compression: 'gzip' }, base64: false },
  { title: 'compact, zlib', nest: { envelope: 'compact', compression: 'zlib' }, base64: false },
];

describeTargets('envelopes', (target) => {
  let fleets: Fleets;
  let spare: string;
  beforeAll(async () => {
    fleets = await Fleets.start(target);
    spare = await createQueue(fleets.endpoint, 'spare');
  });
  afterAll(() => fleets?.stop());

  /** The body of the one message on the spare queue. */
  async function bodyOnSqs(): Promise<string> {
    const command = new ReceiveMessageCommand({ QueueUrl: spare, WaitTimeSeconds: 5, VisibilityTimeout: 3600 });
    const { Messages } = await fleets.endpoint.sqs.send(command);
    return Messages?.[0]?.Body ?? '';
  }

  describe.each(writings)('$title', ({ nest, base64 }) => {
    let producer: NestFleet;
    beforeAll(async () => {
      const queues = Object.entries({ ...fleets.urls, spare }).map(([name, url]) => ({ name, url }));
      producer = await NestFleet.start(fleets.endpoint, fleets.recorder, { ...nest, queues, worker: false });
    });
    afterAll(() => producer?.stop());

    it('is written by Nest as it says', async () => {
      await producer.tasks.send('interop.record', { args, queue: 'spare' });
      expect((await bodyOnSqs()).startsWith('{')).toBe(!base64);
    });

    it('is read by Python', async () => {
      const { id } = await producer.tasks.send('interop.record', { args, queue: 'python' });
      const [first, second, third] = (await fleets.recorder.run(id)).args as { repr: string }[];
      expect([first?.repr, second?.repr]).toEqual(["'Größe 🎉'", '[1, None, True]']);
      expect(third?.repr).toHaveLength(2002);
    });

    it('is read by Nest', async () => {
      const { id } = await producer.tasks.send('interop.record', { args, queue: 'nest' });
      expect((await fleets.recorder.run(id)).args).toEqual(args);
    });
  });

  describe('of Python', () => {
    let raw: PythonProducer;
    beforeAll(() => {
      const transport = {
        ...(predefined(fleets.urls)['broker_transport_options'] as object),
        sqs_base64_encoding: false,
      };
      raw = PythonProducer.start({
        python: target.python,
        endpoint: fleets.endpoint,
        recorder: fleets.recorder.address,
        settings: { broker_transport_options: transport },
      });
    });
    afterAll(() => raw?.stop());

    it('without the outer base64 are read by Nest', async () => {
      const id = await raw.send('interop.record', { args: pythonArgs, options: "{'queue': 'nest'}" });
      expect((await fleets.recorder.run(id)).args).toEqual(args);
    });

    it.each(['zlib', 'gzip'])('compressed with %s are read by Nest', async (compression) => {
      const options = `{'queue': 'nest', 'compression': '${compression}'}`;
      const id = await fleets.python.send('interop.record', { args: pythonArgs, options });
      expect((await fleets.recorder.run(id)).args).toEqual(args);
    });

    it('without the outer base64, compressed, are read by Nest', async () => {
      const options = "{'queue': 'nest', 'compression': 'zlib'}";
      const id = await raw.send('interop.record', { args: pythonArgs, options });
      expect((await fleets.recorder.run(id)).args).toEqual(args);
    });
  });
});

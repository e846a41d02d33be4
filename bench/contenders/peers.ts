import { ourProducer } from '../processes/producer.js';
import { layoutEnv } from '../programs/settings.js';
import type { Contender } from './contender.js';
import { nodeProgram } from './node-program.js';

/** The least that can be done with the AWS SDK. */
export const bareSdk: Contender = nodePeer('bare SDK loop', nodeProgram('bare-sdk-worker'));

export const sqsConsumer: Contender = nodePeer('sqs-consumer 14', nodeProgram('sqs-consumer-worker'));

/** A consumer of plain messages: it has neither tasks nor results, and no producer of its own here. */
export function nodePeer(name: string, command: readonly [string, ...string[]]): Contender {
  return {
    name,
    kind: 'peer',
    results: false,
    worker: (layout) => ({ name, commands: [command], env: layoutEnv(layout) }),
    producer: ourProducer,
  };
}

import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type DeleteMessageBatchCommandInput,
  type DeleteMessageBatchCommandOutput,
  type ReceiveMessageCommandOutput,
  type SQSClient,
  type SQSClientConfig,
  SQSClient as Client,
} from '@aws-sdk/client-sqs';

/**
 * A client some of whose deletes are lost, as SQS says that it may happen: they are confirmed, and the message comes again at
 * once.
 *
 * @param isLost whether the delete of the message with this body is lost, when it was received for the first time
 */
export function losingDeletes(config: SQSClientConfig, isLost: (body: string) => boolean): SQSClient {
  const client = new Client(config);
  const plain = new Client(config);
  const lost = new Set<string>();
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === 'ReceiveMessageCommand') {
          const answer = await next(args);
          for (const handle of firstReceives(answer.output as ReceiveMessageCommandOutput, isLost)) lost.add(handle);
          return answer;
        }
        if (commandName !== DeleteMessageBatchCommand.name) return next(args);
        const input = args.input as DeleteMessageBatchCommandInput;
        const entries = input.Entries ?? [];
        const spared = entries.filter(({ ReceiptHandle = '' }) => lost.has(ReceiptHandle));
        if (spared.length === 0) return next(args);
        for (const { ReceiptHandle = '' } of spared) lost.delete(ReceiptHandle);
        const others = entries.filter((entry) => !spared.includes(entry));
        const deleted = others.length > 0 ? await client.send(deletes(input, others)) : undefined;
        await plain.send(visibleAgain(input, spared));
        return { response: {}, output: withConfirmed(deleted, spared) };
      },
    { step: 'initialize', name: 'losingDeletes' },
  );
  return client;
}

type Entries = NonNullable<DeleteMessageBatchCommandInput['Entries']>;

function firstReceives({ Messages = [] }: ReceiveMessageCommandOutput, isLost: (body: string) => boolean): string[] {
  return Messages.filter(
    ({ Attributes, Body = '' }) => Attributes?.ApproximateReceiveCount === '1' && isLost(Body),
  ).flatMap(({ ReceiptHandle }) => ReceiptHandle ?? []);
}

function deletes({ QueueUrl }: DeleteMessageBatchCommandInput, entries: Entries): DeleteMessageBatchCommand {
  return new DeleteMessageBatchCommand({ QueueUrl, Entries: entries });
}

function visibleAgain({ QueueUrl }: DeleteMessageBatchCommandInput, entries: Entries) {
  const now = entries.map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
  return new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: now });
}

function withConfirmed(
  deleted: DeleteMessageBatchCommandOutput | undefined,
  entries: Entries,
): DeleteMessageBatchCommandOutput {
  const confirmed = entries.map(({ Id }) => ({ Id }));
  return {
    $metadata: {},
    Failed: deleted?.Failed ?? [],
    Successful: [...(deleted?.Successful ?? []), ...confirmed],
  };
}

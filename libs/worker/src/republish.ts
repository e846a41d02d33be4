import { EARLIER_RECEIVES } from './earlier-receives.js';
import type { Delivery, MessageAttributes, MessageSender } from '#celery';

/** SQS allows this many message attributes. */
export const MAX_MESSAGE_ATTRIBUTES = 10;

/**
 * Puts the same message on its standard queue again, byte for byte, and acknowledges the old one: SQS's receive count starts
 * again. `attributes` are added where there is room for them. Sent before it is deleted, so that a crash in between duplicates rather than loses it.
 */
export async function republish(
  delivery: Delivery,
  delaySeconds: number,
  sender: MessageSender,
  attributes: MessageAttributes = {},
): Promise<void> {
  const messageAttributes = { ...delivery.messageAttributes, ...attributes };
  const fits = Object.keys(messageAttributes).length <= MAX_MESSAGE_ATTRIBUTES;
  await sender.send(delivery.queue.name, {
    body: delivery.body,
    delaySeconds,
    messageAttributes: fits ? messageAttributes : delivery.messageAttributes,
    ...(delivery.messageGroupId === undefined ? {} : { messageGroupId: delivery.messageGroupId }),
  });
  await delivery.acknowledge();
}

/** Carries the number of earlier hand-backs across a re-publish, which starts SQS's own count again. */
export const HAND_BACKS = 'CeleryHandBacks';

/** The attributes that belong to the message, whatever happened to it before. */
export function ownAttributes({ messageAttributes }: Delivery): MessageAttributes {
  const { [HAND_BACKS]: _handBacks, [EARLIER_RECEIVES]: _earlierReceives, ...own } = messageAttributes;
  return own;
}

/** The message's own attributes and `ours`, which win where there is no room for all. */
export function withAttributes(delivery: Delivery, ours: MessageAttributes): MessageAttributes {
  const room = MAX_MESSAGE_ATTRIBUTES - Object.keys(ours).length;
  const kept = Object.entries(ownAttributes(delivery)).filter(([name]) => !(name in ours));
  return { ...Object.fromEntries(kept.slice(0, room)), ...ours };
}

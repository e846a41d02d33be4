import { isRecord } from '../canvas/signature-json.js';
import { ENVELOPE_PROPERTIES } from './header-names.js';
import { pick } from './pick.js';
import { toNumber, type Wire } from './read-value.js';
import type { MessageProperties } from './task-message.js';

/** Reads the properties of an envelope. None of them is required; one of a wrong type counts as absent. */
export function readProperties(wire: Wire): MessageProperties {
  const info = isRecord(wire['delivery_info']) ? wire['delivery_info'] : {};
  return {
    correlationId: textOf(wire['correlation_id']),
    replyTo: textOf(wire['reply_to']),
    deliveryMode: toNumber(wire['delivery_mode']),
    deliveryInfo: { exchange: textOf(info['exchange']) ?? null, routingKey: textOf(info['routing_key']) ?? null },
    priority: priorityOf(wire['priority']),
    bodyEncoding: textOf(wire['body_encoding']),
    deliveryTag: textOf(wire['delivery_tag']),
    expiration: textOf(wire['expiration']),
    custom: pick(wire, isCustom),
  };
}

function isCustom(name: string): boolean {
  return !ENVELOPE_PROPERTIES.has(name);
}

function priorityOf(value: unknown): number | null {
  const priority = toNumber(value);
  return priority !== undefined && Number.isSafeInteger(priority) && priority >= 0 ? priority : null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

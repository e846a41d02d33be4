import type { EndpointCounts } from './endpoint-messages.js';

/** Requests between two looks, by action. */
export function between(before: EndpointCounts, after: EndpointCounts): EndpointCounts {
  const counts = Object.entries(after).map(([action, count]) => [action, count - (before[action] ?? 0)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

export function total(counts: EndpointCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

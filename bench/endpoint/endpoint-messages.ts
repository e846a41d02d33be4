/** What the benchmark asks of its endpoint. */
export type EndpointRequest =
  | { readonly kind: 'createQueue'; readonly name: string; readonly attributes: Readonly<Record<string, string>> }
  | { readonly kind: 'counts' }
  /** Answered once the queues are empty: nothing visible, delayed or in flight. */
  | { readonly kind: 'drained'; readonly names: readonly string[] };

export type EndpointCounts = Readonly<Record<string, number>>;

export interface EndpointAnswer {
  readonly id: number;
  readonly value: unknown;
}

export interface Numbered {
  readonly id: number;
  readonly request: EndpointRequest;
}

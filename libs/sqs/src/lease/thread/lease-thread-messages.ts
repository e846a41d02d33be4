/** Where the requests of a client go, as values that may cross between threads. */
export interface PlaceValues {
  readonly region: string;
  readonly endpoint?: string;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
}

/** The keys of a client; never logged. */
export interface KeyValues {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What the lease thread is started with. */
export interface LeaseThreadData {
  readonly table: SharedArrayBuffer;
  /** Monotonic milliseconds of the main thread minus those of `process.hrtime`, which all threads share. */
  readonly clockOffset: number;
  readonly places: readonly (PlaceValues & { readonly keys: KeyValues })[];
  readonly queues: readonly { readonly name: string; readonly url: string; readonly place: number }[];
}

/** From the main thread: renewed keys of a place. */
export interface RenewedKeys {
  readonly place: number;
  readonly keys: KeyValues;
}

/** From the lease thread; none of them comes for each task. */
export type LeaseThreadReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'request'; readonly queue: string; readonly entries: number }
  | { readonly kind: 'extended'; readonly queue: string; readonly count: number }
  | { readonly kind: 'freed'; readonly slot: number }
  | { readonly kind: 'lost'; readonly slot: number }
  | { readonly kind: 'abandoned'; readonly blockedMs: number };

/** One of kombu's compressions. */
export interface Compressor {
  /** The `compression` header. */
  readonly contentType: string;
  /** kombu's other names for it. */
  readonly aliases: readonly string[];
  /** @throws UnsupportedCompressionError where it can be read only. */
  compress(bytes: Uint8Array): Uint8Array;
  /**
   * Memory is bounded by `maxBytes` however much the bytes would expand to.
   *
   * @throws DecompressedTooLargeError beyond `maxBytes`, DecodeError for malformed bytes.
   */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array;
}

const HEADER_SIZE = 12;
const FOOTER_SIZE = 12;
const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const CRC_SIZE = 4;
const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];
const LZMA2 = 0x21;
/** What `xz -9` uses; a decoder reserves it before the first byte. */
const MAX_DICTIONARY_BYTES = 64 * 1024 * 1024;

/**
 * What an .xz file expands to, in bytes, without expanding it. The sizes that the file states at its end can lie until a
 * decoder has reached them; but its data comes in LZMA2 chunks, each headed by the exact sizes before and after, which
 * every decoder obeys. Walking over their headers costs next to nothing.
 *
 * @throws RangeError when the bytes are no .xz file, use another filter than LZMA2, or ask for a dictionary over 64 MiB.
 */
export function xzDecompressedSize(bytes: Uint8Array): number {
  const reader = new Reader(bytes);
  let total = streamSize(reader);
  while (!reader.atEnd) total += streamSize(reader);
  return total;
}

/** The bytes with a position; reading past the end is an error. */
class Reader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.at];
    if (value === undefined) throw new RangeError('ends too early');
    this.at += 1;
    return value;
  }

  /** Big-endian, 16 bits. */
  short(): number {
    return this.byte() * 256 + this.byte();
  }

  /** The .xz format's integer of up to nine 7-bit groups. */
  integer(): number {
    let value = 0;
    for (let group = 0; group < 9; group += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * group);
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number is too long');
  }

  /** Streams may be followed by padding and further streams. */
  skipZeros(): void {
    while (this.#bytes[this.at] === 0) this.at += 1;
  }
}

function streamSize(reader: Reader): number {
  const start = reader.at;
  if (MAGIC.some((expected) => reader.byte() !== expected)) throw new RangeError('not an .xz stream');
  const checkSize = CHECK_SIZES[reader.short() & 0x0f] ?? 0;
  reader.at = start + HEADER_SIZE;
  let total = 0;
  let blockStart = reader.at;
  for (let headerSize = reader.byte(); headerSize !== 0; headerSize = reader.byte()) {
    total += blockSize(reader, blockStart, headerSize);
    reader.at = align(reader.at, blockStart) + checkSize;
    blockStart = reader.at;
  }
  skipIndexAndFooter(reader, blockStart);
  return total;
}

function blockSize(reader: Reader, start: number, headerSize: number): number {
  const flags = reader.byte();
  if ((flags & 0x40) !== 0) reader.integer();
  if ((flags & 0x80) !== 0) reader.integer();
  const usesLzma2Only = (flags & 0x03) === 0 && reader.integer() === LZMA2 && reader.integer() === 1;
  if (!usesLzma2Only) throw new RangeError('uses another filter than LZMA2');
  if (dictionarySize(reader.byte()) > MAX_DICTIONARY_BYTES) throw new RangeError('asks for too large a dictionary');
  reader.at = start + (headerSize + 1) * 4;
  return chunksSize(reader);
}

function dictionarySize(code: number): number {
  return code > 40 ? Infinity : (2 | (code & 1)) * 2 ** (Math.floor(code / 2) + 11);
}

function chunksSize(reader: Reader): number {
  let total = 0;
  for (let control = reader.byte(); control !== 0; control = reader.byte()) {
    total += control < 0x80 ? storedChunk(reader) : lzmaChunk(reader, control);
  }
  return total;
}

function storedChunk(reader: Reader): number {
  const size = reader.short() + 1;
  reader.at += size;
  return size;
}

function lzmaChunk(reader: Reader, control: number): number {
  const size = ((control & 0x1f) << 16) + reader.short() + 1;
  const compressedSize = reader.short() + 1;
  const properties = control >= 0xc0 ? 1 : 0;
  reader.at += properties + compressedSize;
  return size;
}

function skipIndexAndFooter(reader: Reader, start: number): void {
  for (let records = reader.integer(); records > 0; records -= 1) {
    reader.integer();
    reader.integer();
  }
  reader.at = align(reader.at, start) + CRC_SIZE + FOOTER_SIZE - 1;
  reader.byte();
  reader.skipZeros();
}

/** Blocks and the index are padded to four bytes, counted from where they start. */
function align(at: number, start: number): number {
  return start + Math.ceil((at - start) / 4) * 4;
}

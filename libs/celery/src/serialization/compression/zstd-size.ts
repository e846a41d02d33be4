const MAGIC = 0xfd2fb528;
const MAX_BLOCK_BYTES = 128 * 1024;
const COMPRESSED_BLOCK = 2;
const RLE_BLOCK = 1;

/** What a Zstandard frame expands to, in bytes. */
export interface ZstdSize {
  readonly size: number;
  /** False: the frame promises no size, and this is what its blocks can hold at most. */
  readonly exact: boolean;
}

/**
 * Measures a Zstandard frame (RFC 8878, 3.1.1) without expanding it. Writers that know the size in advance promise it in the
 * header, as Python's `compress` does, and a decoder may then write no more. Otherwise the blocks are counted: a compressed
 * one expands to 128 KiB at most, the others say to how much.
 *
 * @throws RangeError when the bytes are no Zstandard frame.
 */
export function zstdSize(bytes: Uint8Array): ZstdSize {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('not a Zstandard frame');
  const descriptor = view.getUint8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryIdWidth = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const at = 5 + (singleSegment ? 0 : 1) + dictionaryIdWidth;
  const width = contentSizeWidth(descriptor >> 6, singleSegment);
  return width === 0
    ? { size: sizeOfBlocks(view, at), exact: false }
    : { size: contentSize(view, at, width), exact: true };
}

function contentSizeWidth(flag: number, singleSegment: boolean): number {
  return flag === 0 ? Number(singleSegment) : 1 << flag;
}

function contentSize(view: DataView, at: number, width: number): number {
  switch (width) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

function sizeOfBlocks(view: DataView, start: number): number {
  let total = 0;
  let last = false;
  for (let at = start; !last;) {
    const header = view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
    const type = (header >> 1) & 3;
    const size = header >> 3;
    last = (header & 1) === 1;
    total += type === COMPRESSED_BLOCK ? MAX_BLOCK_BYTES : size;
    at += 3 + (type === RLE_BLOCK ? 1 : size);
  }
  return total;
}

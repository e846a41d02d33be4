const MAGIC = 0xfd2fb528;

/**
 * What the header of a Zstandard frame (RFC 8878, 3.1.1.1) promises to expand to, in bytes. Writers that know the size in
 * advance state it, as Python's does; a decoder may then write no more than that.
 */
export function zstdContentSize(bytes: Uint8Array): number | 'unknown' | 'malformed' {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 6 || view.getUint32(0, true) !== MAGIC) return 'malformed';
  const descriptor = view.getUint8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const width = fieldWidth(descriptor >> 6, singleSegment);
  if (width === 0) return 'unknown';
  const dictionaryIdWidth = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const at = 5 + (singleSegment ? 0 : 1) + dictionaryIdWidth;
  return view.byteLength < at + width ? 'malformed' : readSize(view, at, width);
}

function fieldWidth(flag: number, singleSegment: boolean): number {
  return flag === 0 ? Number(singleSegment) : 1 << flag;
}

function readSize(view: DataView, at: number, width: number): number {
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

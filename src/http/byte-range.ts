/** One range of bytes as RFC 9110, section 14.1.2 has it: before the size is known, and then as a part of the file. */

export type ByteRange = { offset: number; length?: number } | { suffix: number };

export interface ByteSlice {
  offset: number;
  /** 1 or more. */
  length: number;
}

const ONE_RANGE = /^bytes=(\d*)-(\d*)$/i;
/** Beyond each file. What is added to it is still exact. */
const GREATEST_POSITION = 2 ** 52;

/** Null if the header is to be ignored: it is malformed, has another unit, or several ranges (section 14.2 allows that). */
export function byteRangeOf(range: string | null): ByteRange | null {
  const [, first = '', last = ''] = ONE_RANGE.exec(range ?? '') ?? [];
  if (first === '') return last === '' ? null : { suffix: positionOf(last) };
  const offset = positionOf(first);
  if (last === '') return { offset };
  return Number(last) < Number(first) ? null : { offset, length: positionOf(last) - offset + 1 };
}

const positionOf = (digits: string) => Math.min(Number(digits), GREATEST_POSITION);

/** Null if the file has none of these bytes. An empty file has the end of itself, which is no slice: it is sent whole. */
export function sliceOf(range: ByteRange, size: number): ByteSlice | 'whole' | null {
  if ('suffix' in range) {
    const length = Math.min(range.suffix, size);
    if (length > 0) return { offset: size - length, length };
    return range.suffix > 0 ? 'whole' : null;
  }
  const { offset } = range;
  return offset < size ? { offset, length: Math.min(range.length ?? size, size - offset) } : null;
}

/**
 * A video whose second half lies far behind its first one, so that a player which seeks has to ask for a range. The bytes in
 * between are part of `mdat`, and belong to no chunk (ISO/IEC 14496-12, sections 8.1.1 and 8.7.5).
 *
 * @param video MP4 with `moov` before `mdat`, and 32-bit sizes and offsets
 */
export function spreadVideo(video: Buffer, gapBytes: number): Buffer<ArrayBuffer> {
  const head = Buffer.from(video);
  const tables = boxesOf(head, 'stco');
  const [mdat] = boxesOf(head, 'mdat');
  if (mdat === undefined || tables.length === 0) throw new Error('no MP4 with mdat and stco');
  const offsets = tables.flatMap(({ start }) =>
    // After size, type, version and flags: a count, and the offset of each chunk.
    Array.from({ length: head.readUInt32BE(start + 12) }, (_, at) => start + 16 + at * 4),
  );
  const middle = (mdat.start + mdat.end) / 2;
  const split = Math.min(...offsets.map((at) => head.readUInt32BE(at)).filter((offset) => offset >= middle));
  for (const at of offsets) {
    const offset = head.readUInt32BE(at);
    if (offset >= split) head.writeUInt32BE(offset + gapBytes, at);
  }
  head.writeUInt32BE(mdat.end - mdat.start + gapBytes, mdat.start);
  return Buffer.concat([head.subarray(0, split), Buffer.alloc(gapBytes), head.subarray(split)]);
}

interface Box {
  start: number;
  end: number;
}

const CONTAINERS = ['moov', 'trak', 'mdia', 'minf', 'stbl'];

function boxesOf(video: Buffer, wanted: string, from = 0, to = video.length): Box[] {
  const found: Box[] = [];
  let start = from;
  while (start < to) {
    const end = start + video.readUInt32BE(start);
    const type = video.toString('latin1', start + 4, start + 8);
    if (type === wanted) found.push({ start, end });
    if (CONTAINERS.includes(type)) found.push(...boxesOf(video, wanted, start + 8, end));
    start = end;
  }
  return found;
}

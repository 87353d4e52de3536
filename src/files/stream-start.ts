import { joinedBytes } from '../storage/joined-bytes.ts';

/**
 * Looks at the first bytes of a stream, and leaves them in it.
 *
 * @returns `start`, of `bytes` or all that there are, and the whole stream. It is to be read or cancelled.
 */
export async function streamStart(
  stream: ReadableStream<Uint8Array>,
  bytes: number,
): Promise<{ start: Uint8Array; whole: ReadableStream<Uint8Array> }> {
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < bytes) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.byteLength;
  }
  const read = joinedBytes(parts);
  const whole = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (length > 0) controller.enqueue(read);
      },
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { start: read.subarray(0, bytes), whole };
}

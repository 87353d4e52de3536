import type { IsolateCalls } from './isolate-calls.ts';
import { inSpan } from './running-work.ts';

/** R2's classes of operations; deletions and aborted uploads are free (R2's pricing). */
const CLASS_OF: Readonly<Record<string, 'r2Reads' | 'r2Writes'>> = {
  get: 'r2Reads',
  head: 'r2Reads',
  put: 'r2Writes',
  list: 'r2Writes',
  createMultipartUpload: 'r2Writes',
  uploadPart: 'r2Writes',
  complete: 'r2Writes',
};

/** The same bucket, whose operations are counted by their class, those of uploads in parts too. */
export function measuredR2(bucket: R2Bucket, calls: IsolateCalls): R2Bucket {
  const measured = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get(own, name) {
        const value: unknown = Reflect.get(own, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const counted = CLASS_OF[String(name)];
          if (counted !== undefined) calls.counts[counted] += 1;
          const run = () => Reflect.apply(value, own, args) as unknown;
          if (name === 'createMultipartUpload') return (run() as Promise<R2MultipartUpload>).then(measured);
          if (name === 'resumeMultipartUpload') return measured(run() as R2MultipartUpload);
          return inSpan('r2', run);
        };
      },
    });
  return measured(bucket);
}

/** Counts the bytes that some requests of an isolate hold in memory at the same time, together. */
export interface HeldBytes {
  /** False if it would be too much: nothing is counted then. */
  take(bytes: number): boolean;
  release(): void;
}

/** @returns a function that opens the account of one request; it must be released */
export function createHeldBytes(maxBytes: number): () => HeldBytes {
  let heldByAll = 0;
  return () => {
    let held = 0;
    return {
      take(bytes) {
        if (heldByAll + bytes > maxBytes) return false;
        heldByAll += bytes;
        held += bytes;
        return true;
      },
      release() {
        heldByAll -= held;
        held = 0;
      },
    };
  };
}

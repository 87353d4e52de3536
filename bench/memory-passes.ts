/**
 * The rule by which memory is flat over passes of the same work; tests and the benchmark judge by it.
 *
 * A leak keeps a part of each pass, so memory grows from every third of the passes to the next. Two other things raise
 * memory once and then no more: V8 collects garbage now sooner and now later, and the allocator keeps the pages of its
 * highest moment.
 */

export interface PassMemory {
  /** The most resident memory of the process during the pass. It shows what lies outside V8's heap too. */
  peakBytes: number;
  /** V8's heap and array buffers after the pass and a collection. It shows small leaks, because it has little noise. */
  heldBytes: number;
}

/** In these, code is compiled, caches fill up, and V8's heap and the allocator's pages grow to their size. */
const WARM_UP_PASSES = 3;
/** Of each third, so that its middle one is no single high or low one. */
const PASSES_OF_A_THIRD = 3;
/** The fewest that the rule can judge. */
export const JUDGED_PASSES = WARM_UP_PASSES + 3 * PASSES_OF_A_THIRD;
/** Without a leak, two thirds differed by 1.5 % at most, also on a busy machine. */
const PEAK_GROWTH_OF_A_LEAK = 1.02;
/** Without a leak, two thirds differed by 0.3 % at most. */
const HELD_GROWTH_OF_A_LEAK = 1.01;

/** @throws RangeError if there are fewer passes than `JUDGED_PASSES`. */
export function isFlat(passes: readonly PassMemory[]): boolean {
  const peaks = passes.map(({ peakBytes }) => peakBytes);
  const held = passes.map(({ heldBytes }) => heldBytes);
  return !isGrowing(peaks, PEAK_GROWTH_OF_A_LEAK) && !isGrowing(held, HELD_GROWTH_OF_A_LEAK);
}

/**
 * @param bytes of each pass, in their order, the warm-up too.
 * @param growthOfALeak the least ratio of the middle pass of each third to that of the third before it.
 * @throws RangeError if there are fewer passes than `JUDGED_PASSES`.
 */
export function isGrowing(bytes: readonly number[], growthOfALeak: number): boolean {
  if (bytes.length < JUDGED_PASSES)
    throw new RangeError(`${bytes.length} passes are too few to tell a leak from noise`);
  const judged = bytes.slice(WARM_UP_PASSES);
  const length = Math.floor(judged.length / 3);
  const first = middleOf(judged.slice(0, length));
  const second = middleOf(judged.slice(length, 2 * length));
  const last = middleOf(judged.slice(2 * length));
  return second >= growthOfALeak * first && last >= growthOfALeak * second;
}

const middleOf = (bytes: readonly number[]) =>
  bytes.toSorted((one, other) => one - other)[Math.floor(bytes.length / 2)] ?? 0;

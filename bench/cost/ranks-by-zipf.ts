/** Draws ranks by Zipf's law: index 0 is the likeliest. The function takes a number from 0 to 1. */
export function ranksByZipf(count: number, exponent: number): (value: number) => number {
  const cumulative: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= count; rank += 1) {
    sum += 1 / rank ** exponent;
    cumulative.push(sum);
  }
  return (value) => {
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? sum) < value * sum) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** A duration with its two greatest units, as people read it: `40 s`, `12 min`, `2 h 5 min`, `3 d 4 h`. */
export function durationInWords(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes} min`;
  const days = Math.floor(hours / 24);
  if (days === 0) return joined(`${hours} h`, minutes % 60, 'min');
  return joined(`${days} d`, hours % 24, 'h');
}

const joined = (greater: string, count: number, unit: string) =>
  count === 0 ? greater : `${greater} ${count} ${unit}`;

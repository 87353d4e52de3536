/** Unix seconds as a reader wants them, and back. */

/** To the minute, in UTC. */
export const minute = (unixSeconds: number | null) =>
  unixSeconds === null
    ? '-'
    : new Date(unixSeconds * 1000).toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length).replace('T', ' ');

export const day = (unixSeconds: number | null) =>
  unixSeconds === null ? '-' : new Date(unixSeconds * 1000).toISOString().slice(0, 'YYYY-MM-DD'.length);

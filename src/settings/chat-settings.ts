/** The settings of rooms. */
import * as z from 'zod';

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const HOST = new RegExp(`^(?=.{1,253}$)(?:${LABEL}\\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])$`);

/** Names of hosts in ASCII, separated by commas. Each stands for its subdomains too. */
export const chatHostsSchema = z
  .string()
  .default('')
  .transform((list) =>
    list
      .split(',')
      .map((item) => item.trim().toLowerCase())
      .filter((item) => item !== ''),
  )
  .pipe(
    z.array(z.string().regex(HOST, { error: 'must be hosts such as docs.example, separated by commas' })),
  );

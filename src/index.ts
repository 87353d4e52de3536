/** The Worker's entry. Accounts come later: until then every caller is a stranger. */
import { createWorker } from './gateway.ts';

export default createWorker(async () => null);

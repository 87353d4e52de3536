/** Wrangler within this process: it reads these variables when it is imported, so this comes first. */
import { WRANGLER_ENVIRONMENT } from '../start/run-command.ts';

Object.assign(process.env, WRANGLER_ENVIRONMENT);

import Cloudflare from 'cloudflare';
import { unreachable } from '../operations/command-failure.ts';

/** A failure of the platform's API in words, which a command ends with. Any other error stays as it is. */
export const apiFailure = (error: unknown): unknown =>
  error instanceof Cloudflare.APIError ? unreachable(`The platform's API: ${error.message}`) : error;

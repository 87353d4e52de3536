import * as z from 'zod';

export const ADMIN_BODY_MAX_BYTES = 8 * 1024 * 1024;

/** A refusal on its way to the caller of the admin endpoint. */
export class AdminRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = 'AdminRefusal';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** @throws AdminRefusal where the body is too large, is not JSON or does not have the shape. */
export async function readAdminBody<Body>(request: Request, shape: z.ZodType<Body>): Promise<Body> {
  const decoder = new TextDecoder();
  let size = 0;
  let text = '';
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > ADMIN_BODY_MAX_BYTES) {
      const message = `The request body is larger than ${ADMIN_BODY_MAX_BYTES} bytes.`;
      throw new AdminRefusal(413, 'PAYLOAD_TOO_LARGE', message);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  text += decoder.decode();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw badInput('The request body is not JSON.');
  }
  return parsed(shape, body);
}

/** @throws AdminRefusal */
export function parsed<Value>(shape: z.ZodType<Value>, value: unknown): Value {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw badInput(`${issue?.path.join('.') || 'The request'}: ${issue?.message}`);
}

export const badInput = (message: string) => new AdminRefusal(400, 'BAD_USER_INPUT', message);

const DAYS_DEFAULT = 30;
const DAYS_MAX = 400;
const daysSchema = z.coerce.number().pipe(z.int().min(1).max(DAYS_MAX)).default(DAYS_DEFAULT);

/** The first day that `?days=` takes in, in days since 1970-01-01; today is one of them. */
export function sinceDay(parameters: URLSearchParams, nowMs: number): number {
  const days = parsed(z.object({ days: daysSchema }), { days: parameters.get('days') ?? undefined }).days;
  return Math.floor(nowMs / 86_400_000) - days + 1;
}

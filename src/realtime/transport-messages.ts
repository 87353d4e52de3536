/**
 * The messages of a `graphql-transport-ws` socket, by https://github.com/enisdenjo/graphql-ws, PROTOCOL.md.
 *
 * One freedom is taken: `query` may be left out of a `subscribe`, beside the id of a registered document.
 */
import * as z from 'zod';
import { jsonObjectOf } from '../operations/operation-request.ts';

export const TRANSPORT_SUBPROTOCOL = 'graphql-transport-ws';

/** The protocol's own close codes, and RFC 6455's where the protocol has none. */
/** RFC 6455, section 7.1.5: the connection ended without a close frame. */
export const ABNORMAL_CLOSURE = 1006;
/** The handshake of a socket that the Worker opens for an event stream. No client can ask for it: `.invalid` is no domain. */
export const EVENT_STREAM_URL = 'https://gateway.invalid/graphql';

export const CLOSE_CODES = {
  policyViolation: 1008,
  messageTooBig: 1009,
  tryAgainLater: 1013,
  badRequest: 4400,
  unauthorized: 4401,
  forbidden: 4403,
  subprotocolNotAcceptable: 4406,
  initialisationTimeout: 4408,
  subscriberAlreadyExists: 4409,
  tooManyInitialisations: 4429,
  internalError: 4500,
} as const;
export type CloseCode = (typeof CLOSE_CODES)[keyof typeof CLOSE_CODES];

const optionalObject = jsonObjectOf('must be an object').nullish();
const operationId = z.string({ error: 'must be a string' }).min(1, { error: 'must not be empty' });
const optionalText = z.string({ error: 'must be a string' }).nullish();

/** As a POST body has it. */
const operationPayload = z.looseObject(
  {
    query: optionalText,
    operationName: optionalText,
    variables: optionalObject,
    extensions: optionalObject,
  },
  { error: 'must be an object' },
);
export type OperationPayload = z.output<typeof operationPayload>;

/** Other fields are the client's own. */
const connectionParameters = z.looseObject({ authorization: optionalText }, { error: 'must be an object' });

const clientMessage = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('connection_init'), payload: connectionParameters.nullish() }),
    z.object({ type: z.literal('ping'), payload: optionalObject }),
    z.object({ type: z.literal('pong'), payload: optionalObject }),
    z.object({ type: z.literal('subscribe'), id: operationId, payload: operationPayload }),
    z.object({ type: z.literal('complete'), id: operationId }),
  ],
  { error: 'is not an object with the type of a message that clients send' },
);
export type ClientMessage = z.output<typeof clientMessage>;

/** The message, or the reason why the text is not one. */
export function parseClientMessage(text: string): { message: ClientMessage } | { problem: string } {
  // Each socket that is sent much answers pings all the time.
  if (text === PONG) return { message: { type: 'pong' } };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'The message is not JSON.' };
  }
  const parsed = clientMessage.safeParse(value);
  if (parsed.success) return { message: parsed.data };
  const issue = parsed.error.issues[0];
  const at = issue?.path.join('.');
  // The discriminator's own issue has the path `type`, and is about the whole message.
  const subject = at === undefined || at === '' || at === 'type' ? 'The message' : at;
  return { problem: `${subject}: ${issue?.message ?? 'is malformed'}` };
}

export const ACKNOWLEDGED = '{"type":"connection_ack"}';
/** A ping without payload, as clients write it: the platform answers it while the object hibernates. */
export const PING = '{"type":"ping"}';
export const PONG = '{"type":"pong"}';

/** The text before the payload in each frame of an operation; `nextFrameTail` is the rest. */
export const nextFrameHead = (id: string) => `{"id":${JSON.stringify(id)},"type":"next","payload":`;

/** @param payload JSON text, the same for every receiver. */
export const nextFrameTail = (payload: string) => `${payload}}`;

export const nextFrame = (id: string, payload: string) => nextFrameHead(id) + nextFrameTail(payload);

/** @param payload JSON text of a list of errors. */
export function errorFrame(id: string, payload: string): string {
  return `{"id":${JSON.stringify(id)},"type":"error","payload":${payload}}`;
}

export const completeFrame = (id: string) => JSON.stringify({ id, type: 'complete' });

/** @param result the JSON text of an object that is not empty and has no extensions. */
export function withExtensions(result: string, extensions: Record<string, unknown>): string {
  return `${result.slice(0, -1)},"extensions":${JSON.stringify(extensions)}}`;
}

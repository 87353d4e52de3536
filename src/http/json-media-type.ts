import { BoundedMemory } from '../storage/bounded-memory.ts';
import { EVENT_STREAM_MEDIA_TYPE } from './server-sent-events.ts';

export const GRAPHQL_RESPONSE = 'application/graphql-response+json';
const JSON_MEDIA_TYPE = 'application/json';

/** Clients of one kind send the same, and there are few kinds. */
const ACCEPTS_KEPT = 100;
const ACCEPT_MAX_CHARACTERS = 200;
const chosen = new BoundedMemory<string | null>(ACCEPTS_KEPT);

/**
 * How an answer is labelled: as the first of the media types that the client names and that fit, as Yoga chooses. Null
 * where it names none: Yoga refuses, or knows better.
 */
export function jsonMediaType(accept: string | null): string | null {
  if (accept === null) return JSON_MEDIA_TYPE;
  const known = chosen.get(accept);
  if (known !== undefined) return known;
  const mediaType = chooseJsonMediaType(accept);
  if (accept.length <= ACCEPT_MAX_CHARACTERS) chosen.set(accept, mediaType, 1);
  return mediaType;
}

function chooseJsonMediaType(accept: string): string | null {
  for (const mediaType of namedMediaTypes(accept || '*/*')) {
    if (mediaType === GRAPHQL_RESPONSE) return GRAPHQL_RESPONSE;
    if (mediaType === JSON_MEDIA_TYPE || mediaType === 'application/*' || mediaType === '*/*')
      return JSON_MEDIA_TYPE;
  }
  return null;
}

/** Whether the client takes server-sent events, and no JSON text in their place. */
export const wantsEventStream = (accept: string | null): boolean =>
  jsonMediaType(accept) === null && namedMediaTypes(accept ?? '').includes(EVENT_STREAM_MEDIA_TYPE);

/** But for those in another charset than UTF-8. */
function namedMediaTypes(accept: string): string[] {
  const mediaTypes: string[] = [];
  for (const named of accept.replace(/\s/g, '').toLowerCase().split(',')) {
    const [mediaType = '', ...parameters] = named.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset='));
    if (charset === undefined || charset === 'charset=utf-8') mediaTypes.push(mediaType);
  }
  return mediaTypes;
}

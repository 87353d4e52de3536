/** The media type of an answer by the request's `Accept`. */
import { type BoundedMemory, textBytes } from '../storage/bounded-memory.ts';
import { EVENT_STREAM_MEDIA_TYPE } from './server-sent-events.ts';

export const GRAPHQL_RESPONSE = 'application/graphql-response+json';
const JSON_MEDIA_TYPE = 'application/json';

/** A longer header is read each time. */
const ACCEPT_MAX_CHARACTERS = 200;
const ENTRY_BYTES = 200;

/** Remembers the choices: clients of one kind send the same header, and there are few kinds. */
export class MediaTypes {
  readonly #chosen: BoundedMemory<string | null>;

  constructor(memory: BoundedMemory<string | null>) {
    this.#chosen = memory;
  }

  /**
   * The first media type that the client names and that fits, as Yoga chooses. Null where none fits: Yoga refuses, or
   * answers in another form.
   */
  json(accept: string | null): string | null {
    if (accept === null) return JSON_MEDIA_TYPE;
    const known = this.#chosen.get(accept);
    if (known !== undefined) return known;
    const mediaType = chooseJson(accept);
    if (accept.length <= ACCEPT_MAX_CHARACTERS)
      this.#chosen.set(accept, mediaType, textBytes(accept) + ENTRY_BYTES);
    return mediaType;
  }

  /** True if the client takes server-sent events and no JSON text in their place. */
  wantsEventStream(accept: string | null): boolean {
    return this.json(accept) === null && namedMediaTypes(accept ?? '').includes(EVENT_STREAM_MEDIA_TYPE);
  }
}

function chooseJson(accept: string): string | null {
  for (const mediaType of namedMediaTypes(accept || '*/*')) {
    if (mediaType === GRAPHQL_RESPONSE) return GRAPHQL_RESPONSE;
    if (mediaType === JSON_MEDIA_TYPE || mediaType === 'application/*' || mediaType === '*/*')
      return JSON_MEDIA_TYPE;
  }
  return null;
}

/** Leaves out media types in another charset than UTF-8. */
function namedMediaTypes(accept: string): string[] {
  const mediaTypes: string[] = [];
  for (const named of accept.replace(/\s/g, '').toLowerCase().split(',')) {
    const [mediaType = '', ...parameters] = named.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset='));
    if (charset === undefined || charset === 'charset=utf-8') mediaTypes.push(mediaType);
  }
  return mediaTypes;
}

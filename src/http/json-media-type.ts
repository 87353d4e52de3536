export const GRAPHQL_RESPONSE = 'application/graphql-response+json';
const JSON_MEDIA_TYPE = 'application/json';

/**
 * How an answer is labelled: as the first of the media types that the client names and that fit, as Yoga chooses. Null
 * where it names none: Yoga refuses, or knows better.
 */
export function jsonMediaType(accept: string | null): string | null {
  if (accept === null || accept === '*/*' || accept === JSON_MEDIA_TYPE) return JSON_MEDIA_TYPE;
  if (accept === GRAPHQL_RESPONSE) return GRAPHQL_RESPONSE;
  for (const named of (accept || '*/*').replace(/\s/g, '').toLowerCase().split(',')) {
    const [mediaType, ...parameters] = named.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset='));
    if (charset !== undefined && charset !== 'charset=utf-8') continue;
    if (mediaType === GRAPHQL_RESPONSE) return GRAPHQL_RESPONSE;
    if (mediaType === JSON_MEDIA_TYPE || mediaType === 'application/*' || mediaType === '*/*')
      return JSON_MEDIA_TYPE;
  }
  return null;
}

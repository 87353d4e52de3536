/** The form of an answer by the request's `Accept` (RFC 9110, section 12.5.1). */
import { parse } from 'content-type';
import { type BoundedMemory, textBytes } from '../storage/bounded-memory.ts';
import { EVENT_STREAM_MEDIA_TYPE } from './server-sent-events.ts';

export const GRAPHQL_RESPONSE = 'application/graphql-response+json';
export const JSON_MEDIA_TYPE = 'application/json';
const PAGE_MEDIA_TYPE = 'text/html';

export interface AcceptedForms {
  /** The media type of an answer that is one JSON text; null if the client takes none. */
  json: string | null;
  /** True if the client prefers an event stream to one JSON text for a query or a mutation. */
  prefersEvents: boolean;
  /** True if the client takes a subscription as an event stream. */
  takesEvents: boolean;
  /** True if the client prefers an HTML page, as a browser's address bar does. */
  prefersPage: boolean;
}

/** A longer header is read each time. */
const ACCEPT_MAX_CHARACTERS = 200;
const ENTRY_BYTES = 300;

/** Remembers the choices: clients of one kind send the same header, and there are few kinds. */
export class MediaTypes {
  readonly #known: BoundedMemory<AcceptedForms>;

  constructor(memory: BoundedMemory<AcceptedForms>) {
    this.#known = memory;
  }

  /** @param accept null, like an empty header, accepts everything. */
  accepted(accept: string | null): AcceptedForms {
    const text = accept ?? '';
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const forms = acceptedForms(text);
    if (text.length <= ACCEPT_MAX_CHARACTERS) this.#known.set(text, forms, textBytes(text) + ENTRY_BYTES);
    return forms;
  }
}

function acceptedForms(accept: string): AcceptedForms {
  const ranges = rangesOf(accept.trim() === '' ? ANY : accept);
  const plain = rangeFor(JSON_MEDIA_TYPE, ranges);
  const response = rangeFor(GRAPHQL_RESPONSE, ranges);
  const events = rangeFor(EVENT_STREAM_MEDIA_TYPE, ranges);
  const page = rangeFor(PAGE_MEDIA_TYPE, ranges);
  const isPlain = (compareRanges(plain, response) || plain.place - response.place) <= 0;
  const json = isPlain ? plain : response;
  const takesJson = json.weight > 0;
  return {
    json: takesJson ? (isPlain ? JSON_MEDIA_TYPE : GRAPHQL_RESPONSE) : null,
    prefersEvents: events.weight > json.weight,
    // Clients that know no streams send the range over all types, and wait for the end of the answer.
    takesEvents: events.weight > (events.mediaRange === ANY ? json.weight : 0),
    prefersPage: page.weight > 0 && compareRanges(page, json) < 0,
  };
}

const ANY = '*/*';

interface WeightedRange {
  /** `type/subtype` with or without wildcards, in lower case. */
  mediaRange: string;
  /** Greater for a range that stands for less. */
  precision: number;
  /** 0 to 1; at 0 the client does not accept it. */
  weight: number;
  place: number;
}

const NO_RANGE: WeightedRange = { mediaRange: '', precision: -1, weight: 0, place: 0 };

/**
 * The ranges that UTF-8 fits. Other parameters are ignored: the gateway's media types have none, and some clients send
 * them without a need.
 */
function rangesOf(accept: string): WeightedRange[] {
  const ranges: WeightedRange[] = [];
  for (let start = 0; start < accept.length; ) {
    const { type: mediaRange, parameters, index } = parse(accept, { comma: true, start });
    start = index + 1;
    const { charset, q } = parameters;
    if (charset !== undefined && charset.toLowerCase() !== 'utf-8') continue;
    const precision =
      (mediaRange === ANY ? 0 : mediaRange.endsWith('/*') ? 2 : 4) + (charset === undefined ? 0 : 1);
    ranges.push({ mediaRange, precision, weight: weightOf(q), place: ranges.length });
  }
  return ranges;
}

/** 1 if the weight is left out, or is none. */
function weightOf(q: string | undefined): number {
  if (q === undefined || !WEIGHT.test(q)) return 1;
  return Number(q);
}

/** RFC 9110, section 12.4.2, and without a limit of digits. */
const WEIGHT = /^(?:0?\.\d+|0\.?|1(?:\.0*)?)$/;

/** The most precise range that stands for the media type; of equal ones the one with the greatest weight. */
function rangeFor(mediaType: string, ranges: readonly WeightedRange[]): WeightedRange {
  const wildcard = `${mediaType.slice(0, mediaType.indexOf('/'))}/*`;
  let found = NO_RANGE;
  for (const range of ranges) {
    const { mediaRange, precision, weight } = range;
    if (mediaRange !== mediaType && mediaRange !== wildcard && mediaRange !== ANY) continue;
    if ((precision - found.precision || weight - found.weight) > 0) found = range;
  }
  return found;
}

/** Below 0 if the client prefers what the first range stands for: by weight, then because it names it more precisely. */
const compareRanges = (a: WeightedRange, b: WeightedRange) =>
  b.weight - a.weight || b.precision - a.precision;

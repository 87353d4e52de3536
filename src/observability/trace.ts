/** W3C Trace Context: the id that a request has in every log that it leaves, here and upstream. */

export interface Trace {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** The header for the calls that the request makes. */
  traceparent: string;
}

/** Version 00; a later version begins with the same fields, and 255 is none (section 3.2). Ids of zeros are invalid. */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-((?!0{32})[\da-f]{32})-((?!0{16})[\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** The sender's trace and span: the gateway sends no spans to the sender's tracing. Null if the header is not valid. */
export function traceIn(header: string | null): Trace | null {
  const [, version, traceId = '', parentId = '', flags = '', later] = TRACEPARENT.exec(header ?? '') ?? [];
  if (version === undefined || (version === '00' && later !== undefined)) return null;
  return { traceId, traceparent: `00-${traceId}-${parentId}-${flags}` };
}

/** The trace in which the platform records its spans. Null if it gives none. */
export const traceOfSpan = (span: Pick<Span, 'spanContext'>): Trace | null => {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return traceIn(`00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`);
};

/**
 * The trace of a request that came with none: its id is the request's id without dashes, so that each is found by the
 * other.
 *
 * It is marked as sampled: upstream services that follow the caller would otherwise record none of the gateway's calls.
 *
 * @param requestId a random UUID
 */
export function traceOf(requestId: string): Trace {
  const traceId = requestId.replaceAll('-', '');
  // The variant of a UUID begins its second half, which is therefore never all zeros.
  return { traceId, traceparent: `00-${traceId}-${traceId.slice(16)}-01` };
}

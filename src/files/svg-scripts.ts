/**
 * True if an SVG has a script, a handler of an event, a document within it, a link that runs or an entity that could hide one of
 * these. Files are served so that none of them runs; this keeps out what tries to. It is no sanitiser.
 */
export function hasActiveContent(svg: Uint8Array): boolean {
  const text = new TextDecoder().decode(svg).replace(IGNORED_IN_URLS, '').replace(COLON, ':');
  return ACTIVE.some((pattern) => pattern.test(text));
}

/** References to tabs and the ends of lines: a URL is read without them. Exported paths have many. */
const IGNORED_IN_URLS = /&#(?:x0*[9ad]|0*(?:9|10|13));/gi;
const COLON = /&#(?:x0*3a|0*58);/gi;

const ACTIVE = [
  // Elements of any prefix.
  /<(?:[\w.-]+:)?(?:script|foreignObject|iframe|object|embed|handler)\b/i,
  // XML has any blank before an attribute, and a handler of any event begins with these letters.
  /[\s"'/]on[a-z]+\s*=\s*["']/i,
  /javascript\s*:/i,
  /<!ENTITY/i,
  /<\?xml-stylesheet/i,
  // References to characters, where a link or a name is written in them.
  /&#(?:x0*(?:[46][0-9a-f]|[57][0-9a])|0*(?:6[5-9]|[78]\d|90|9[7-9]|1[01]\d|12[0-2]));/i,
];

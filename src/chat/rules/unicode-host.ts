import punycode from 'punycode.js';

/** A host as people see it: its labels in Unicode. A label that is no Punycode stays as it is. */
export function unicodeHost(host: string): string {
  if (!host.includes('xn--')) return host;
  return host
    .split('.')
    .map((label) => {
      try {
        return punycode.toUnicode(label);
      } catch {
        return label;
      }
    })
    .join('.');
}

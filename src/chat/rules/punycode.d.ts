declare module 'punycode.js' {
  const punycode: {
    /** @throws RangeError if a label that begins with `xn--` is no Punycode. */
    toUnicode(host: string): string;
  };
  export default punycode;
}

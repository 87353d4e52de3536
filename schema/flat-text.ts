/**
 * Texts for answers. `JSON.stringify` has a way that takes two thirds of the time, and V8 leaves it for the whole answer
 * where one text is a slice or a concatenation of others (V8's blog, "How we made JSON.stringify more than twice as fast",
 * Limitations). A text that was parsed is neither.
 */
export const flatText = (text: string): string => JSON.parse(JSON.stringify(text));

/** Some 300 bytes each: the hours of about five months, or all projects of a platform. */
const TEXTS_MAX = 4_096;

/** Makes the texts that answers repeat, each once. For a bounded number of short keys, or for keys that an upstream gives. */
export function repeatedTexts<Key extends string | number>(make: (key: Key) => string): (key: Key) => string {
  const texts = new Map<Key, string>();
  return (key) => {
    let text = texts.get(key);
    if (text === undefined) {
      text = make(key);
      if (texts.size === TEXTS_MAX) texts.clear();
      texts.set(key, text);
    }
    return text;
  };
}

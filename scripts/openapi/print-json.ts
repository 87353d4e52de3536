const LINE_MAX_CHARACTERS = 110;

/** JSON as a person reads it: what fits a line stands on one. */
export function printJson(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const printed = (inner: string) =>
    Object.entries(value).map(([name, part]) =>
      isList ? printJson(part, inner) : `${JSON.stringify(name)}: ${printJson(part, inner)}`,
    );
  const [open, close] = isList ? '[]' : '{}';
  const space = isList ? '' : ' ';
  const onOneLine = `${open}${space}${printed(indent).join(', ')}${space}${close}`;
  if (!onOneLine.includes('\n') && indent.length + onOneLine.length <= LINE_MAX_CHARACTERS) return onOneLine;
  const inner = `${indent}  `;
  const lines = printed(inner).map((part) => inner + part);
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}

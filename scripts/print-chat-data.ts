/** Cuts data of packages to what the rules of rooms need: `src/chat/rules/data/`. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { FINGERPRINT_BYTES, hostFingerprint } from '../src/chat/rules/host-fingerprint.ts';
import { unicodeHost } from '../src/chat/rules/unicode-host.ts';

const require = createRequire(import.meta.url);
const readJson = async (module: string) =>
  JSON.parse(await readFile(require.resolve(module), 'utf8')) as unknown;
const versionOf = async (name: string) =>
  ((await readJson(`${name}/package.json`)) as { version: string }).version;

/** Characters that look like a Latin letter, and that Unicode's table does not map to it. */
const FURTHER_CONFUSABLES: Record<string, string> = {
  ...paired('ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ', 'abcdefghijklmnopqrstuvwyz'),
  ...paired('ĸʍᴎω', 'kmnw'),
  ...paired('。‧·•∙⋅・', '.......'),
  ...Object.fromEntries(
    // Negative squared and circled letters, and the letters that flags are spelled with.
    [0x1_f1_70, 0x1_f1_50, 0x1_f1_e6].flatMap((first) =>
      Array.from({ length: 26 }, (_, at) => [
        String.fromCodePoint(first + at),
        String.fromCodePoint(0x41 + at),
      ]),
    ),
  ),
};

function paired(from: string, to: string): Record<string, string> {
  const targets = [...to];
  return Object.fromEntries([...from].map((character, at) => [character, targets[at] ?? '']));
}

const withoutMarks = (text: string) => text.normalize('NFKD').replace(/[\p{M}\p{DI}]/gu, '');

/** The characters by what they are confused with; those that compatibility forms and cases make equal are not in it. */
export async function printConfusables(): Promise<string> {
  const table = {
    ...((await readJson('unhomoglyph/data.json')) as Record<string, string>),
    ...FURTHER_CONFUSABLES,
  };
  const sources = new Map<string, string>();
  for (const [character, prototype] of Object.entries(table)) {
    // `0` and `O`, `1` and `l` are for `skeleton` to fold: texts have numbers.
    if (character <= '\u007f' || [...character].length !== 1) continue;
    const target = resolved(prototype, table);
    // A digit zero that is a dot is no dot between numbers.
    if (/\p{Nd}/u.test(character) && !/[\p{L}\p{N}]/u.test(target)) continue;
    if (target === '' || /\s/.test(target) || target === resolved(character, table, 0)) continue;
    sources.set(target, (sources.get(target) ?? '') + character);
  }
  const lines = [...sources].map(([target, characters]) => `${target} ${characters}`);
  return `/**
 * Written by \`npm run generate\` from unhomoglyph ${await versionOf('unhomoglyph')} (MIT): the confusables of Unicode Technical Standard 39,
 * version 13.0. Each entry is a prototype, a space and the characters that look like it.
 */
export const CONFUSABLE_CHARACTERS =
  ${JSON.stringify(lines.join('\n'))};
`;
}

/** Prototypes of prototypes: a small capital letter is a letter. */
function resolved(prototype: string, table: Record<string, string>, rounds = 4): string {
  let text = prototype === 'rn' ? 'm' : withoutMarks(prototype);
  for (let round = 0; round < rounds; round += 1) {
    text = [...text].map((one) => (one < '\u007f' ? one : withoutMarks(table[one] ?? one))).join('');
  }
  return text;
}

export async function printTopLevelDomains(): Promise<string> {
  const domains = (await readJson('tlds')) as string[];
  return `/** Written by \`npm run generate\` from tlds ${await versionOf('tlds')} (MIT): all top level domains of the root zone. */
export const TOP_LEVEL_DOMAINS =
  '${domains.join(' ')}';
`;
}

/** Names that the list of thieves has although its own list of good hosts has them too are not in it. */
export async function printPhishingHosts(): Promise<string> {
  const list = (await readJson('eth-phishing-detect/src/config.json')) as Record<
    'blacklist' | 'whitelist',
    string[]
  >;
  const good = new Set(list.whitelist);
  const hosts = list.blacklist.filter((host) => host.includes('.') && !good.has(host));
  const canonical = hosts.map((host) => unicodeHost(host.toLowerCase()).normalize('NFKC').toLowerCase());
  const fingerprints = [...new Set(canonical.map(hostFingerprint))].toSorted((a, b) => a - b);
  const taken = new Set(fingerprints);
  const wronged = list.whitelist.filter((host) => taken.has(hostFingerprint(host)));
  if (wronged.length > 0)
    throw new Error(`good hosts have the fingerprints of phishing hosts: ${wronged.join()}`);
  const bytes = Buffer.alloc(fingerprints.length * FINGERPRINT_BYTES);
  for (const [at, fingerprint] of fingerprints.entries())
    bytes.writeUInt32BE(fingerprint, at * FINGERPRINT_BYTES);
  return `/**
 * Written by \`npm run generate\` from the list of eth-phishing-detect ${await versionOf('eth-phishing-detect')} (MetaMask; DBAD licence), the newest in the
 * registry; its hosts are of 2017 to 2022. Fingerprints of ${hosts.length} hosts, sorted, ${FINGERPRINT_BYTES} bytes each, in base64.
 */
export const PHISHING_HOST_FINGERPRINTS =
  '${bytes.toString('base64')}';
`;
}

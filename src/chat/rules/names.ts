/**
 * Names that nobody but the platform's people may have: staff's words, the platform's and the project's names, and those of
 * the people themselves, however they are written.
 *
 * A name is refused if it is made of such words and of nothing that makes it a person's: `Nova Support` and `n0va_hq` are, and
 * `Nova fan`, `Adam` and `Steam Fan` are not.
 */
import { latePattern } from '../../auth/late-pattern.ts';
import { matchingForm } from './matching-form.ts';
import { separators, skeletonWords, withoutNumber, wordSkeleton } from './skeleton.ts';

/** A name that has one of them speaks for the platform. */
const STAFF_WORDS = words(
  'admin admins administrator administrators administration moderator moderators mod mods official officials support supporter',
  'helpdesk hotline mediator staff sysadmin superadmin administrador moderador soporte suporte oficial moderateur администратор админ модератор',
  'поддержка техподдержка официальный 客服 官方 管理员 管理員 サポート 公式 관리자 공식 مشرف دعم yönetici destek',
);
/** At the beginning or the end of a word too: `adminanna`. */
const LONG_STAFF_WORDS = words('admin support moderator helpdesk official поддержка');
/** Badminton has none at its ends. */
const ORDINARY_WORDS = /^(?:admlnlst|suportlv|suportlng|oflclaly)/;
/** A name of nothing else speaks for it. */
const TEAM_WORDS = words(
  'team help helper desk service services customer care security agent manager ceo cto founder cofounder',
  'owner operator representative assistance assistant verified verification bot announcement announcements news info contact center centre equipo команда',
);
/** They make no name of a person's. */
const FILLERS = words(
  'the real our chat room group community channel global hq labs lab dao protocol foundation finance network token coin crypto wallet',
  'exchange official live online of for and io app web tech ltd inc x tm technical tech server customer user head chief lead main super new dev devs developer developers',
);
const LATIN = /^[a-z]*$/;
const PLATFORMS = words('com2000 com2k');

const capitals = latePattern('(?<=\\p{Ll})(?=\\p{Lu})', 'gu');

export interface NamesOfARoom {
  /** The project's name and symbol, and the pool's name. */
  names: readonly string[];
  staffNames: readonly string[];
}

const NAME_MIN_CHARACTERS = 3;

/** True if others would take who has this name for one of the platform's people. */
export function isStaffLike(name: string, { names, staffNames }: NamesOfARoom): boolean {
  const { wordLists, wholes } = readName(name);
  if (wholes.some((whole) => [...PLATFORMS()].some((platform) => whole.includes(platform)))) return true;
  if (wordLists.flat().some(isStaffWord)) return true;
  if (staffNames.some((staffName) => isNameOf(readKnownName(staffName), wordLists, wholes))) return true;
  const project = new Set(
    names.flatMap((one) => readKnownName(one).wholes).filter((whole) => whole.length >= NAME_MIN_CHARACTERS),
  );
  const speaksFor = (words: readonly string[]) =>
    words.some((word) => project.has(word)) && words.some((word) => TEAM_WORDS().has(word));
  return wordLists.some(speaksFor) || wholes.some((whole) => isMadeOf(whole, project));
}

/** The same in one word, or with all words of a name that has more than one, in any order and with others. */
const isNameOf = (staff: NameReading, wordLists: readonly string[][], wholes: readonly string[]) =>
  staff.wholes.some((whole) => wholes.includes(whole)) ||
  staff.wordLists.some(
    (words) => words.length > 1 && wordLists.some((own) => words.every((word) => own.includes(word))),
  );

interface NameReading {
  wordLists: string[][];
  /** The words in one, also as `sup port` is read. */
  wholes: string[];
}

function readName(name: string): NameReading {
  const wordLists = readingsOf(name);
  const wholes = new Set(
    wordLists
      .flatMap((words) => [words.join(''), wordSkeleton(words.join(''))])
      .filter((whole) => whole !== ''),
  );
  return { wordLists, wholes: [...wholes] };
}

const KNOWN_NAMES_MAX = 2_000;
const knownNames = new Map<string, NameReading>();

/** Of staff and projects: the same few in every message. */
function readKnownName(name: string): NameReading {
  let reading = knownNames.get(name);
  if (reading === undefined) {
    if (knownNames.size >= KNOWN_NAMES_MAX) knownNames.clear();
    reading = readName(name);
    knownNames.set(name, reading);
  }
  return reading;
}

function isStaffWord(word: string): boolean {
  if (STAFF_WORDS().has(word)) return true;
  // Chinese and Japanese have no spaces.
  if (!LATIN.test(word)) return [...STAFF_WORDS()].some((one) => !LATIN.test(one) && word.includes(one));
  if (ORDINARY_WORDS.test(word)) return false;
  return [...LONG_STAFF_WORDS()].some((long) => word.startsWith(long) || word.endsWith(long));
}

/** With digits for letters, and without digits at all; with and without words where capitals begin. */
function readingsOf(name: string): string[][] {
  const cut = name.normalize('NFKC').replace(capitals(), ' ');
  const spellings = new Set([name, cut, name.replaceAll('@', 'a')]);
  return [...spellings].flatMap((spelling) => {
    const plain = matchingForm(spelling).split(separators()).map(withoutNumber);
    return [skeletonWords(spelling), plain.filter((word) => word !== '').map(wordSkeleton)];
  });
}

interface Cover {
  hasStaff: boolean;
  hasProject: boolean;
  hasTeam: boolean;
}

const MAX_COVERED_CHARACTERS = 60;

/** True if the text is nothing but known words that speak for the platform or the project together. */
function isMadeOf(text: string, project: ReadonlySet<string>): boolean {
  if (text.length > MAX_COVERED_CHARACTERS || text === '') return false;
  if (project.has(text)) return true;
  const isKnown = (word: string) =>
    STAFF_WORDS().has(word) || TEAM_WORDS().has(word) || FILLERS().has(word) || project.has(word);
  // The covers of each beginning: few, because the words are.
  const covers: Cover[][] = [[{ hasStaff: false, hasProject: false, hasTeam: false }]];
  for (let end = 1; end <= text.length; end += 1) {
    covers[end] = [];
    for (let start = 0; start < end; start += 1) {
      if ((covers[start]?.length ?? 0) === 0) continue;
      const word = text.slice(start, end);
      if (!isKnown(word)) continue;
      for (const cover of covers[start] ?? []) addCover(covers[end] ?? [], extended(cover, word, project));
    }
  }
  return (covers[text.length] ?? []).some(
    ({ hasStaff, hasProject, hasTeam }) => hasStaff || hasProject || hasTeam,
  );
}

const extended = (cover: Cover, word: string, project: ReadonlySet<string>): Cover => ({
  hasStaff: cover.hasStaff || STAFF_WORDS().has(word),
  hasProject: cover.hasProject || project.has(word),
  hasTeam: cover.hasTeam || TEAM_WORDS().has(word),
});

function addCover(covers: Cover[], cover: Cover): void {
  const isKnown = covers.some(
    (other) =>
      other.hasStaff === cover.hasStaff &&
      other.hasProject === cover.hasProject &&
      other.hasTeam === cover.hasTeam,
  );
  if (!isKnown) covers.push(cover);
}

/** The skeletons of words, made at first use. */
function words(...lines: string[]): () => Set<string> {
  let skeletons: Set<string> | undefined;
  return () => {
    skeletons ??= new Set(skeletonWords(lines.join(' ')));
    return skeletons;
  };
}

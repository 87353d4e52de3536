/**
 * The platform's files: pictures, documents and media of projects, each a valid file, at URLs of the market's own. A test may put
 * another file in the place of any, or one that is not as it should be.
 */
import { deflateSync } from 'node:zlib';
import { pngChunk } from '../files/hostile-files.ts';
import { JPEG, MP4, PDF } from '../files/sample-files.ts';
import { Dice, hashText } from './random.ts';
import type { ProjectDetailRecord } from './records.ts';

export interface SimulatedFile {
  bytes: Uint8Array;
  status: number;
  headers: Record<string, string>;
  /** It sends its last byte again and again. */
  isEndless: boolean;
  /** It sends nothing after its bytes, and does not end. */
  stalls: boolean;
}

const DAY_SECONDS = 86_400;
const DOCUMENT_KINDS = ['whitepaper', 'tokenomics', 'roadmap', 'audit_report'] as const;

const plain = (bytes: Uint8Array, contentType: string): SimulatedFile => ({
  bytes,
  status: 200,
  headers: { 'content-type': contentType },
  isEndless: false,
  stalls: false,
});

export class FileBook {
  readonly #baseUrl: string;
  readonly #put = new Map<string, SimulatedFile>();

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  url = (path: string) => `${this.#baseUrl}/${path}`;

  put(path: string, file: SimulatedFile): void {
    this.#put.set(path, file);
  }

  find(path: string): SimulatedFile | null {
    const put = this.#put.get(path);
    if (put !== undefined) return put;
    const hue = hashText(path) % 360;
    if (path.endsWith('.png')) return plain(png(hue), 'image/png');
    if (path.endsWith('.svg')) return plain(Buffer.from(svg(hue)), 'image/svg+xml');
    if (path.endsWith('.jpg')) return plain(JPEG, 'image/jpeg');
    if (path.endsWith('.pdf'))
      return plain(Buffer.concat([PDF, Buffer.from(`%${path}\n`)]), 'application/pdf');
    return path.endsWith('.mp4') ? plain(MP4, 'video/mp4') : null;
  }

  pictures(slug: string, dice: Dice): { logo_url: string; banner_url: string } {
    const type = dice.chance('logo-is-svg', 0.2) ? 'svg' : 'png';
    return { logo_url: this.url(`logos/${slug}.${type}`), banner_url: this.url(`banners/${slug}.jpg`) };
  }

  ofDetail(
    id: string,
    seed: number,
    startAt: number,
  ): Required<Pick<ProjectDetailRecord, 'documents' | 'media'>> {
    const dice = new Dice(seed, `files:${id}`);
    const at = (topic: string) => startAt - dice.whole(topic, 1, 300) * DAY_SECONDS;
    return {
      documents: dice.sample('documents', DOCUMENT_KINDS, dice.whole('document-count', 1, 4)).map((kind) => ({
        kind,
        url: this.url(`documents/${id}/${kind}.pdf`),
        updated_at: at(kind),
      })),
      media: [
        { kind: 'screenshot' as const, url: this.url(`media/${id}/first.png`), updated_at: at('first') },
        { kind: 'video' as const, url: this.url(`media/${id}/film.mp4`), updated_at: at('film') },
        { kind: 'presentation' as const, url: this.url(`media/${id}/slides.pdf`), updated_at: at('slides') },
      ],
    };
  }
}

const SIDE_PIXELS = 64;

/** A square of one colour. */
function png(hue: number): Uint8Array {
  const row = [
    0,
    ...Array.from({ length: SIDE_PIXELS }, () => [hue % 256, (hue * 7) % 256, (hue * 13) % 256]).flat(),
  ];
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE_PIXELS, 0);
  header.writeUInt32BE(SIDE_PIXELS, 4);
  // Eight bits a channel, red, green and blue.
  header.set([8, 2], 8);
  const pixels = Buffer.from(Array.from({ length: SIDE_PIXELS }, () => row).flat());
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(pixels)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

const svg = (hue: number) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="hsl(${hue} 70% 50%)"/></svg>`;

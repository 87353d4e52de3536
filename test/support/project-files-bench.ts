/** Jobs that copy files of projects from the simulated upstream, and a gateway that shows the copies. */
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { type Bench, createBench, type Row } from '../flows/sync-bench.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import type { PutFile, TestMarket } from './market.ts';
import { keysIn } from './stored-keys.ts';

export const BITCOIN = 'prj_bitcoin';
export const ORIGIN = env.PUBLIC_ORIGIN;
/** The URL of a logo's copy. */
export const LOGO_COPY =
  /^http:\/\/localhost:8787\/files\/projects\/logos\/prj_\w+\.(png|svg)\?v=[\da-f]{8}$/;

export interface Shown {
  logoUrl: string | null;
  bannerUrl: string | null;
  documents: Row[];
  media: Row[];
}

/** A bench whose projects have files, and a gateway that shows them. */
export interface ProjectFilesBench extends Bench {
  putFile(path: string, file: PutFile): Promise<void>;
  /** Of the market's files. */
  fileUrl(path: string): string;
  /** Runs the job that copies. */
  copy(): Promise<Row>;
  /** Runs the job that asks for documents and media. */
  check(): Promise<Row>;
  shown(slug?: string): Promise<Shown>;
  /** The bytes that a URL of the gateway's has, and its answer. */
  served(
    url: string | null,
  ): Promise<{ status: number; type: string | null; bytes: Uint8Array<ArrayBuffer> }>;
  graphql(query: string): Promise<Row>;
  gateway: TestGateway;
}

export async function startProjectFiles(market: Row = {}): Promise<ProjectFilesBench> {
  await env.STORAGE.delete(await objectKeys());
  const bench = await createBench({
    source: 'made-up',
    projectCount: 3,
    projectsWithFiles: 1_000,
    ...market,
  });
  const { mainApiUrl } = bench;
  const gateway = startGateway({
    startAt: bench.now(),
    mainApiUrl,
    priceApiUrl: mainApiUrl.replace(/main$/, 'price'),
    apiKey: 'simulated-internal-key',
  } as TestMarket);
  await bench.sync.runJob('projects');
  await bench.calls();
  const graphql = async (query: string) => {
    const { errors, data } = await gateway.query(query);
    expect(errors).toBeUndefined();
    return data as Row;
  };
  return {
    ...bench,
    graphql,
    gateway,
    putFile: async (path, { bytes = new Uint8Array(), ...file }) => {
      await bench.control('PUT', '/files', { path, base64: bytes.toBase64(), ...file });
    },
    fileUrl: (path) => mainApiUrl.replace(/main$/, `files/${path}`),
    copy: async () => ({ ...(await bench.sync.runJob('project-files')) }),
    check: async () => ({ ...(await bench.sync.runJob('project-documents')) }),
    async shown(slug = 'bitcoin') {
      const { project } = await graphql(
        `{ project(by: { slug: "${slug}" }) { logoUrl bannerUrl
             documents { kind url sizeBytes updatedAt } media { kind url contentType sizeBytes updatedAt } } }`,
      );
      return project as Shown;
    },
    async served(url) {
      const response = await gateway.fetch(String(url).replace(ORIGIN, ''));
      const bytes = new Uint8Array(await response.arrayBuffer());
      return { status: response.status, type: response.headers.get('content-type'), bytes };
    },
  };
}

/** A binding's methods are not its own properties. */
export const bucketOf = (bucket: Bench['deps']['storage']) => ({
  get: bucket.get.bind(bucket),
  list: bucket.list.bind(bucket),
  put: bucket.put.bind(bucket),
  createMultipartUpload: bucket.createMultipartUpload.bind(bucket),
});

/** A row of `project_file`. */
export const fileRow = async (name: string, projectId = BITCOIN) =>
  env.DB.prepare('SELECT * FROM project_file WHERE project_id = ?1 AND name = ?2')
    .bind(projectId, name)
    .first<Row>();
/** Keys of objects that are to be deleted. */
export const queuedKeys = async () =>
  (
    await env.DB.prepare('SELECT object_key FROM object_deletion ORDER BY 1').all<{ object_key: string }>()
  ).results.map(({ object_key: key }) => key);
export const objectKeys = () => keysIn('projects/');

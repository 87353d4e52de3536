import { OTHER_CLIENT } from '../observability/request-metrics.ts';

export interface ClientRelease {
  client: string;
  version: string;
}

/** Says for which release a refusal counts: it has the names as they were sent, and cells have those that releases bear. */
export class CountedReleases {
  readonly #versions = new Map<string, Set<string>>();

  /** @param cells those of the refused requests among them */
  constructor(cells: Iterable<ClientRelease>) {
    for (const { client, version } of cells) {
      if (client === '' || client === OTHER_CLIENT) continue;
      const versions = this.#versions.get(client) ?? new Set();
      this.#versions.set(client, versions.add(version));
    }
  }

  /** Null where no release bears the client's name. */
  of({ client, version }: ClientRelease): ClientRelease | null {
    const versions = this.#versions.get(client);
    if (versions?.has(version)) return { client, version };
    return versions?.has(OTHER_CLIENT) ? { client, version: OTHER_CLIENT } : null;
  }
}

/** How releases are written wherever they stand in a line. */
interface ReleaseName {
  client: string;
  version: string;
  state?: string | undefined;
}

/** The state only where it is worth knowing. */
export const releaseNames = (releases: readonly ReleaseName[]) =>
  releases
    .map(({ client, version, state }) =>
      state === undefined || state === 'published'
        ? `${client} ${version}`
        : `${client} ${version} (${state})`,
    )
    .join(', ');

const STATE_STYLES: Record<string, 'green' | 'yellow' | 'red'> = {
  published: 'green',
  live: 'green',
  deprecated: 'yellow',
};

export const stateStyle = (state: string) => STATE_STYLES[state] ?? 'red';

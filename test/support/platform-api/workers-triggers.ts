/** Workers' API for the triggers of a Worker: schedules, custom domains, and its name at workers.dev. */
import { createHash } from 'node:crypto';
import { ApiError, type ApiRequest, type Resource } from './resource.ts';
import type { PlatformState } from './state.ts';
import { type WorkerDomain, workerOf } from './workers.ts';

const NO_ZONE = 10_042;
const INVALID_CRON = 10_100;
const SCRIPT = '/accounts/:accountId/workers/scripts/:script';
/** Minute, hour, day, month, weekday. The platform's further rules are not checked. */
const CRON = /^\S+( \S+){4}$/;
const SUBDOMAIN = 'simulated';

interface Origin {
  hostname: string;
  enabled?: boolean;
  previews_enabled?: boolean;
}

const idOf = (text: string) => createHash('md5').update(text).digest('hex');

function domainOf(origin: Origin, service: string, { zoneId, zoneName }: PlatformState): WorkerDomain {
  const { hostname, enabled = true, previews_enabled = false } = origin;
  if (hostname !== zoneName && !hostname.endsWith(`.${zoneName}`))
    throw new ApiError(400, NO_ZONE, `No zone of this account has the hostname ${hostname}.`);
  const zone = { zone_id: zoneId, zone_name: zoneName };
  return {
    id: idOf(hostname),
    hostname,
    service,
    ...zone,
    environment: 'production',
    enabled,
    previews_enabled,
  };
}

/** The changes that replacing the Worker's domains by these would make. */
function changesetOf(request: ApiRequest, state: PlatformState) {
  const service = workerOf(request, state).name;
  const wanted = request.json<Origin[]>().map((origin) => domainOf(origin, service, state));
  const before = new Map(state.workers.domains.map((domain) => [domain.hostname, domain]));
  const hostnames = new Set(wanted.map(({ hostname }) => hostname));
  return {
    added: wanted.filter(({ hostname }) => !before.has(hostname)),
    updated: wanted
      .filter(({ hostname }) => before.has(hostname))
      .map((domain) => ({ ...domain, modified: before.get(domain.hostname)?.service !== service })),
    removed: state.workers.domains.filter(
      (domain) => domain.service === service && !hostnames.has(domain.hostname),
    ),
    conflicting: [],
  };
}

function putDomains(request: ApiRequest, state: PlatformState): readonly WorkerDomain[] {
  const { workers } = state;
  const service = workerOf(request, state).name;
  const { origins } = request.json<{ origins: Origin[] }>();
  const wanted = origins.map((origin) => domainOf(origin, service, state));
  const hostnames = new Set(wanted.map(({ hostname }) => hostname));
  const others = workers.domains.filter(
    (domain) => domain.service !== service && !hostnames.has(domain.hostname),
  );
  workers.domains = [...others, ...wanted];
  return wanted;
}

export const workersTriggers: Resource = [
  {
    method: 'PUT',
    path: `${SCRIPT}/schedules`,
    handle(request, state) {
      const worker = workerOf(request, state);
      const crons = request.json<{ cron: string }[]>().map(({ cron }) => cron);
      const invalid = crons.find((cron) => !CRON.test(cron));
      if (invalid !== undefined) throw new ApiError(400, INVALID_CRON, `invalid cron string: ${invalid}`);
      const now = new Date().toISOString();
      worker.schedules = crons.map((cron) => ({ cron, created_on: now, modified_on: now }));
      return { schedules: worker.schedules };
    },
  },
  { method: 'POST', path: `${SCRIPT}/domains/changeset`, handle: changesetOf },
  { method: 'PUT', path: `${SCRIPT}/domains/records`, handle: putDomains },
  {
    method: 'GET',
    path: '/accounts/:accountId/workers/workers/:script',
    handle(request, state) {
      const { tag, name, subdomain, tags } = workerOf(request, state);
      const host = `${name}.${SUBDOMAIN}.workers.dev`;
      return {
        id: tag,
        name,
        tags,
        subdomain: { ...subdomain, url: `https://${host}`, preview_url_suffix: `-${host}` },
      };
    },
  },
  {
    method: 'POST',
    path: `${SCRIPT}/subdomain`,
    handle(request, state) {
      const worker = workerOf(request, state);
      worker.subdomain = { ...worker.subdomain, ...request.json<Partial<typeof worker.subdomain>>() };
      return worker.subdomain;
    },
  },
];

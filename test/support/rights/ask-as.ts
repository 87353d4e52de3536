/** Questions of the people whose rights are tested, over HTTP. */
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import type { TestGateway } from '../gateway.ts';
import type { Asker, People, PersonName } from './people.ts';

export const bearer = (accessToken: string) => ({ Authorization: `Bearer ${accessToken}` });

export const codesOf = (errors: { extensions: Record<string, unknown> }[] | undefined) =>
  (errors ?? []).map(({ extensions }) => extensions.code);

/** @param world is read at each question: tests set it up before them */
export function askAs(world: () => { gateway: TestGateway; people: People }) {
  const headersOf = (asker: Asker): Record<string, string> =>
    asker === 'stranger' ? {} : bearer(world().people.of[asker].accessToken);
  return {
    headersOf,
    userId: (person: PersonName) => encodeGlobalId('User', world().people.of[person].id),
    async asked(asker: Asker, query: string, variables: Record<string, unknown> = {}) {
      const { data, errors } = await world().gateway.post({ query, variables }, headersOf(asker));
      return { data: data as Record<string, unknown> | null | undefined, codes: codesOf(errors) };
    },
  };
}

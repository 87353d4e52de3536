import type { RestProjectReferenceFragment } from '../../operations/generated/graphql.ts';
import { localId } from '../../schema/global-ids.ts';
import type { ProjectReference } from './answers/project-reference.ts';

/** The project of something else. */
export const projectReference = (project: RestProjectReferenceFragment): ProjectReference => ({
  id: localId('Project', project.id) ?? project.id,
  slug: project.slug,
  symbol: project.symbol,
  name: project.name,
});

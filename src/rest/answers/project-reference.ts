import * as z from 'zod';
import { PLATFORM_ID, string } from './fields.ts';

export const projectReference = z
  .strictObject({
    id: z.string().describe(PLATFORM_ID),
    slug: string('Project.slug'),
    symbol: string('Project.symbol'),
    name: string('Project.name'),
  })
  .meta({ id: 'ProjectReference' });
export type ProjectReference = z.infer<typeof projectReference>;

/** The types that refer to one another, named before any of them is built. */
import type { IdoPoolRow, InvestmentRow, ProjectRow, Viewer } from '../src/graphql/context.ts';
import { builder } from './builder.ts';

export const Project = builder.objectRef<ProjectRow>('Project');
export const IdoPool = builder.objectRef<IdoPoolRow>('IdoPool');
export const Investment = builder.objectRef<InvestmentRow>('Investment');
export const User = builder.objectRef<Viewer>('User');

/** The signed-in user's own account by `/api`. */
import * as z from 'zod';
import type {
  RestProfileQuery,
  RestProfileQueryVariables,
  RestUpdateProfileMutation,
  RestUpdateProfileMutationVariables,
} from '../../operations/generated/graphql.ts';
import type { User } from './answers/user.ts';
import { endpoint } from './endpoint.ts';
import { rejected } from './rest-refusal.ts';
import { userAnswer } from './user-answer.ts';

const PATH = '/api/protected/users/profile';

export const profile = endpoint<RestProfileQuery, RestProfileQueryVariables, User>()({
  method: 'GET',
  path: PATH,
  operation: 'RestProfile',
  summary: 'The signed-in user.',
  parameters: () => ({}),
  variables: () => ({}),
  answer: ({ viewer }) => viewer && userAnswer(viewer),
});

export const updateProfile = endpoint<RestUpdateProfileMutation, RestUpdateProfileMutationVariables, User>()({
  method: 'PUT',
  path: PATH,
  operation: 'RestUpdateProfile',
  summary:
    'Changes the profile of the signed-in user. A member that is left out stays; null removes its value.',
  parameters: () => ({
    body: z
      .strictObject({
        displayName: z.string().nullish().describe('The name that others see.'),
        avatarUrl: z.string().nullish().describe("The URL of the user's own avatar, from their files."),
      })
      .default({}),
  }),
  variables: ({ body }) => ({ input: body }),
  answer: ({ updateProfile: changed }) =>
    'code' in changed ? rejected(changed) : userAnswer(changed.viewer),
});

export const USER_ENDPOINTS = [profile, updateProfile];

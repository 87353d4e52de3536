import * as z from 'zod';
import { descriptionOf, integer, optional, seconds, strings } from './fields.ts';

export const user = z
  .strictObject({
    id: z.string().describe('The id of the platform.'),
    email: optional.string('User.email'),
    walletAddresses: strings('User.walletAddresses'),
    displayName: optional.string('User.displayName'),
    avatarUrl: optional.string('User.avatarUrl'),
    kycLevel: integer('User.kycLevel'),
    userLevel: integer('User.userLevel'),
    permissions: z
      .array(z.enum(['read', 'write', 'invest', 'trade', 'admin', 'moderate', 'team']))
      .describe(descriptionOf('User.permissions')),
    createdAt: seconds('User.createdAt'),
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof user>;

export const ANSWERS = { RestProfile: { 200: user }, RestUpdateProfile: { 200: user } };

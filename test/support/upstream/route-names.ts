export const ROUTE_NAMES = [
  'projects-sync',
  'project-detail',
  'pools-sync',
  'pool-eligible',
  'investments-sync',
  'user-stats',
  'users-closed',
  'create-user',
  'create-registration',
  'create-investment',
  'create-claim',
  'create-document',
  'prices-batch',
  'prices',
  'price',
  'price-history',
  'file',
] as const;

export type RouteName = (typeof ROUTE_NAMES)[number];
export type Api = 'main' | 'price';

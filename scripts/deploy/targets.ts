/** The environments of wrangler.toml that commands reach. */
export const TARGETS = ['staging', 'production'] as const;
export type TargetName = (typeof TARGETS)[number];

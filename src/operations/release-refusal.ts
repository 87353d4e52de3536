export type ReleaseRefusalCode =
  | 'RELEASE_DIFFERS'
  | 'UNKNOWN_OPERATIONS'
  | 'UNKNOWN_RELEASES'
  | 'STILL_USED'
  | 'NO_PREVIOUS_PUBLISH'
  | 'RESERVED_CLIENT'
  | 'CHANGED_MEANWHILE'
  | 'LIVENESS_NOT_WRITTEN';

/** Why a release is left as it is; `details` say which operations or versions. */
export class ReleaseRefusal extends Error {
  readonly code: ReleaseRefusalCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ReleaseRefusalCode, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = 'ReleaseRefusal';
    this.code = code;
    this.details = details;
  }
}

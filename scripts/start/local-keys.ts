/**
 * Keys of `npm start`, which everybody knows. They stay the same, since what one start has encrypted the next one reads, and
 * they protect nothing: the gateway of `npm start` answers this machine alone.
 */
export const LOCAL_KEYS: Readonly<Record<string, string>> = {
  KYC_KEY: 'local-key-of-documents-0123456789abcdef',
  KYC_READ_KEY: 'local-key-to-read-documents-0123456789abcdef',
  BACKUP_KEY: 'local-key-of-backups-0123456789abcdef',
};

/** Keys of the bucket that nobody may see, and paths below `/files/` that name nothing public. */

export const PRIVATE_KEYS = [
  'backups/database/2026-11-25/users.ndjson.gz',
  'backups/ledger/2026-11-25.json',
  'pending/0123456789abcdef',
  'users/uploads/usr_ann/contract.pdf',
  'users/kyc-documents/usr_ann/passport',
];

/** A public key of so many bytes. */
export const keyOf = (bytes: number) => `static/${'a'.repeat(bytes - 'static/'.length)}`;

/** With `projects/logos/prj_bitcoin.png` in the bucket, and the private keys and `static/.env`. */
export const PATHS_OF_NOTHING = [
  ...PRIVATE_KEYS,
  ...PRIVATE_KEYS.map((key) => key.toUpperCase()),
  ...PRIVATE_KEYS.map((key) => key.replace('/', '%2F')),
  ...PRIVATE_KEYS.map((key) => `static/../${key}`),
  ...PRIVATE_KEYS.map((key) => `static/%2e%2E/${key}`),
  ...PRIVATE_KEYS.map((key) => `static/..%2f${key}`),
  ...PRIVATE_KEYS.map((key) => `static/%252e%252e/${key}`),
  ...PRIVATE_KEYS.map((key) => `static/..\\${key}`),
  ...PRIVATE_KEYS.map((key) => `static/..%5c${key}`),
  ...PRIVATE_KEYS.map((key) => `static%00/../${key}`),
  ...PRIVATE_KEYS.map((key) => `static/..;/${key}`),
  ...PRIVATE_KEYS.map((key) => `/${key}`),
  ...PRIVATE_KEYS.map((key) => `./${key}`),
  ...PRIVATE_KEYS.map((key) => `%20${key}`),
  'users/avatars/../kyc-documents/usr_ann/passport',
  'users/kyc%2Ddocuments/usr_ann/passport',
  'users/%6byc-documents/usr_ann/passport',
  // Letters of other scripts that look the same, and a slash of full width.
  'b\u0430ckups/ledger/2026-11-25.json',
  'pr\u043ejects/logos/prj_bitcoin.png',
  'projects\uff0flogos\uff0fprj_bitcoin.png',
  'projects%2Flogos%2Fprj_bitcoin.png',
  'projects//logos/prj_bitcoin.png',
  'projects/logos/prj_bitcoin.png/',
  'Projects/logos/prj_bitcoin.png',
  'PROJECTS/LOGOS/PRJ_BITCOIN.PNG',
  'projects\\logos\\prj_bitcoin.png%00',
  'projects/logos/prj_bitcoin.png%00',
  'projects/logos/prj_bitcoin.png%0d%0aSet-Cookie:a',
  'projects/logos/prj_bitcoin.png%',
  'projects/logos/prj_bitcoin.png%ff',
  'projects/logos/%E2%80%AEgnp.exe',
  'projects/logos',
  'projects/logos/',
  'projects/',
  'projects',
  'static/.env',
  'static/none.css',
  '',
  '%2e',
  keyOf(1_025),
  `static/${'%C3%BC'.repeat(510)}`,
];

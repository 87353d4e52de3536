/** What people say, written after the rules, close to what thieves say. */
import { type SentMessage, sent } from './sent-message.ts';

const newcomer = { kycLevel: 0, from: 'Priya' };

export const HELD_OUT_ORDINARY: readonly SentMessage[] = [
  sent('a wallet to connect', 'How do I connect my wallet on mobile? The button does nothing', newcomer),
  sent('what support said', 'Support answered after two hours, they fixed it, thanks', newcomer),
  sent('a warning about messages', 'Somebody just wrote me as "Nova help", ignore such messages', newcomer),
  sent('a migration', 'When does the migration to mainnet begin?', newcomer),
  sent('a double', 'I would double my position below 0.02', newcomer),
  sent('an account', 'Is it normal that KYC takes two days? My account is still in review', newcomer),
  sent('a fee', 'What is the gas fee to claim right now, around $3?', newcomer),
  sent('a reward', 'Staking rewards are paid on Mondays at 09:00', newcomer),
  sent('a number of a phone model', 'On iPhone 15 Pro, iOS 18.2.1, the app closes', newcomer),
  sent('paths', 'Look under Settings/Security/2FA, then turn it on', newcomer),
  sent('an API', 'The response is {"status": "ok", "data.items": []} for page=2', newcomer),
  sent('a list', '1. Register\n2. Pass KYC\n3. Wait for 18:00 UTC', newcomer),
  sent('a score', 'Argentina 3:2 France, what a match... back to charts', newcomer),
  sent('arithmetic', '0.5*1000=500, minus 2.5% is 487.50, right?', newcomer),
  sent('a package', 'Is web3.js or ethers.js better for this? I use viem 2.x', newcomer),
  sent('an e-mail that did not come', "I can't find the confirmation e-mail, not in spam either", newcomer),
  sent('Spanish', '¿Cuándo abre la venta? Ya envié mis documentos', newcomer),
  sent('French', "C'est quoi le minimum, 50 ou 100 USDT ? Merci d'avance", newcomer),
  sent('Indonesian', 'Kapan penjualan dimulai? Saya sudah verifikasi', newcomer),
  sent('Greek', 'Πότε ανοίγει η πώληση; Ευχαριστώ πολύ', newcomer),
];

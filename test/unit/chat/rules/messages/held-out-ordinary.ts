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
  sent('a mention and a question', '@Okoro thanks, can I join the Telegram too?', {
    from: 'Greg',
    kycLevel: 0,
  }),
  sent('advice to ask support', 'Contact support if the claim fails, they have a form in the app', {
    from: 'Lena',
    kycLevel: 1,
  }),
  sent(
    'links to code and charts',
    'The audit is on https://github.com/nova/audit and the chart on dexscreener.com, looks fine',
    { from: 'Tom', kycLevel: 1 },
  ),
  sent('a question to verify', 'I have to verify my account again? Why now?', { from: 'Kim', kycLevel: 0 }),
  sent('a listing', 'Team, any news on the listing? Price is dropping, -12.5% in 24h', {
    from: 'Ben',
    kycLevel: 0,
  }),
  sent('a report', 'Somebody sent me a link to "validate", I reported it, be careful', {
    from: 'Ali',
    kycLevel: 0,
  }),
  sent('a warning', 'Never type your recovery phrase into a website. Never.', { from: 'Eva', kycLevel: 0 }),
  sent('a name with the project in it', 'Let us go!', { from: 'Nova Fan 99', kycLevel: 0 }),
  sent('vesting', 'Vesting: 10% at TGE, then 7.5% per month for 12 months', { from: 'Sam', kycLevel: 0 }),
  sent('a deposit', 'My deposit of 250 USDT arrived after 3 minutes, fast', { from: 'Ivo', kycLevel: 0 }),
  sent('a claim', 'I claimed yesterday and the tokens are in my wallet, gas was 0.002 ETH', {
    from: 'Ola',
    kycLevel: 0,
  }),
  sent('a question in Spanish', '¿Alguien sabe si hay airdrop para los que hicieron KYC?', {
    from: 'Zoe',
    kycLevel: 0,
  }),
  sent('a question in Chinese', '请问什么时候可以领取代币？钱包已经绑定了', { from: 'Yan', kycLevel: 0 }),
  sent('a ticket', 'Can an admin look at my ticket 48213? It is stuck since Monday', {
    from: 'Priya',
    kycLevel: 0,
  }),
  sent('an automatic migration', 'The migration of v1 tokens is automatic, you need to do nothing', {
    from: 'Raj',
    kycLevel: 0,
  }),
  sent(
    'a guaranteed allocation',
    'Is the presale allocation guaranteed for tier 3, or first come first served?',
    { from: 'Mia', kycLevel: 0 },
  ),
  sent('money back', 'If I send from an exchange, do I get the tokens back to that address?', {
    from: 'Oz',
    kycLevel: 0,
  }),
  sent('a plan', 'I will join the presale now, need to verify my wallet', newcomer),
  sent('a name of a moderator spoken to', '@okoro and @admin, is the pool full?', newcomer),
  sent('code', 'block_number is 19000000 in my script', newcomer),
];

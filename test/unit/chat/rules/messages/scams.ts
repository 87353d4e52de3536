/** Messages of thieves, written from public descriptions of what they do. */
import { type SentMessage, sent } from './sent-message.ts';

export const SCAMS: readonly SentMessage[] = [
  sent('a name like support', 'Hello, how can I help you today?', { from: 'Nova Support' }),
  sent('a name of small capitals', 'Good evening all', { from: 'ᴀᴅᴍɪɴ | Nova' }),
  sent('a name with digits for letters', 'Good evening all', { from: 'M0d3rat0r_24' }),
  sent('a name of the platform in Cyrillic', 'Registration is extended', { from: 'СОМ2000 Нelр' }),
  sent('a name of a moderator', 'Pinned: read this first', { from: 'Маria Lindqvist' }),
  sent('a name with spaces between letters', 'Hi', { from: 'S u p p o r t' }),
  sent('a name of an official channel', 'The pool is open', { from: '✅ Nova Official ✅' }),
  sent(
    'asks for the seed phrase',
    'To sync your balance, enter your seed phrase in the form and restart the app.',
  ),
  sent(
    'asks for twelve words in private',
    'Send me your 12 words in private and I will restore the balance for you',
  ),
  sent(
    'asks for a private key with zero-width characters',
    'Please sub\u200bmit your pri\u200dvate k\u2060ey so that the node can credit the tokens',
  ),
  sent('asks for the seed phrase in Cyrillic letters', 'Just entеr your sееd рhrаse to unlock the bonus'),
  sent('asks for the seed phrase in mathematical letters', 'Confirm 𝘆𝗼𝘂𝗿 𝘀𝗲𝗲𝗱 𝗽𝗵𝗿𝗮𝘀𝗲 to receive 𝗡𝗢𝗩𝗔'),
  sent('asks for the seed phrase with letters apart', 'type your s e e d phrase here and the bot pays you'),
  sent('asks for the seed phrase in Russian', 'Для верификации отправьте вашу сид фразу боту'),
  sent('asks for the seed phrase in Spanish', 'Para validar, ingresa tu frase semilla en el formulario'),
  sent('asks for the mnemonic in Chinese', '请输入您的助记词以完成钱包验证'),
  sent(
    'wants to validate wallets',
    'All holders must validate your wallet within 24 hours or the allocation is burned',
  ),
  sent(
    'wants to rectify wallets with a link',
    'If your claim fails, rectify your wallet here: https://dapp-node-fix.live/start',
    { kycLevel: 0 },
  ),
  sent(
    'drains by an airdrop',
    'Airdrop is live! Claim your 2,000 NOVA now, connect your wallet on nova-claim.xyz before it ends',
    { kycLevel: 0 },
  ),
  sent(
    'drains by an airdrop, identified',
    'AIRDROP for early holders, only today: connect wallet at nova-drop.app and claim now',
  ),
  sent(
    'drains by an airdrop without a link',
    'Free mint for the first 500! Hurry, message me and connect your wallet, airdrop ends today',
  ),
  sent('a host of the phishing list', 'Check azukishop.live for the drop', { kycLevel: 2 }),
  sent('a host of the phishing list, obfuscated', 'Check hxxps://azukishop[.]live for the drop', {
    kycLevel: 2,
  }),
  sent('a host of the phishing list in other letters', 'Check аzukіshop。live for the drop', { kycLevel: 2 }),
  sent('a host like the platform', 'New login page: https://corn2000.example/login', { kycLevel: 2 }),
  sent('a host with the platform in Cyrillic', 'New login page: https://сom2000.example/login', {
    kycLevel: 2,
  }),
  sent('a host with the platform before it', 'Vote at https://com2000.example.claim-portal.io/', {
    kycLevel: 2,
  }),
  sent('a host behind the platform as a user', 'Vote at https://com2000.example@203.0.113.9/vote', {
    kycLevel: 0,
  }),
  sent('an overridden direction', 'Go to https://nova.io/\u202egnp.exe'),
  sent('doubling', 'Elon event: send 1 ETH and get 2 ETH back instantly, limited'),
  sent(
    'doubling without numbers',
    'The team will double your deposit in NOVA, transfer to the event wallet and refresh',
  ),
  sent('another contract', 'Buy early here 0x71C7656EC7ab88b098defB751B7401B5f6d8976F before the listing'),
  sent('another contract with spaces', 'CA: 0x71C7 656EC7ab88b098 defB751B7401B5 f6d8976F'),
  sent('another contract on Solana', 'Real one is 7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV, ape in'),
  sent('an address of Tron', 'Deposit fee in USDT to TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC'),
  sent('migration', 'Migration started: swap your old tokens at nova-v2.finance now or they are worthless', {
    kycLevel: 1,
  }),
  sent(
    'recovery',
    'I lost 4 BTC too, but a recovery expert got my stolen funds back, contact him on Instagram @cyber_refund',
  ),
  sent(
    'support elsewhere',
    'Withdrawal stuck? Contact the support team on WhatsApp +44 7700 900123, they fix it',
  ),
  sent('a pump group', 'Join our VIP pump group on Telegram, 100x calls every Friday, guaranteed'),
  sent(
    'threat',
    'Your account has been flagged for unusual activity, verify at once to keep your funds: nova-kyc.com',
  ),
];

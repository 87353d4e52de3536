/**
 * Messages of thieves that were written after the rules, from other public descriptions: reports of false support in issues of
 * wallets, guides against fraud in Telegram groups, seed phrases, drainers and false airdrops.
 *
 * As the rules were then, they stopped 13 of the first 20 and 11 of the 15 after them, and held none of the ordinary ones beside them
 * back but a name (`Mod Squad Fan`, refused for its first word). The last six passed too. The kinds of the others have rules since: the next
 * messages of thieves will show such gaps again.
 */
import { type SentMessage, sent } from './sent-message.ts';

export const HELD_OUT_SCAMS: readonly SentMessage[] = [
  sent('a hotline', 'Hi, which problem do you have?', { from: 'Community Hotline' }),
  sent('a mediator of the project', 'Good day', { from: 'ɴova | Mediator' }),
  sent('a moderator with a letter more', 'Ask me if something is unclear', { from: 'Okorο.' }),
  sent('a help desk in Greek letters', 'Hello there', { from: 'ΗELΡ-DΕSΚ' }),
  sent(
    'a message forwarded to a manager',
    'Was your question answered? If not, I can pass you to a manager, write to me on Telegram: @nova_manager01',
  ),
  sent(
    'validation behind a question',
    'For that error you have to validate the wallet on the node, import the recovery phrase and press submit',
  ),
  sent(
    'a missing transaction',
    'It is a sync failure of the dapp. Synchronize your wallet with the protocol to get the missing tokens: dappsync-portal.com',
  ),
  sent(
    'eligibility',
    'You are on the eligible list! Check and claim: nova-eligible.com, closes in 20 minutes',
  ),
  sent(
    'revoking as a pretext',
    'Nova was exploited!! Revoke your approvals immediately at revoke-nova.app or your wallet is drained',
  ),
  sent(
    'a giveaway of somebody famous',
    'Vitalik is giving back to the community: any amount of ETH you send to the contract comes back twofold',
  ),
  sent(
    'a fee before a withdrawal',
    'Your withdrawal is ready. Pay the activation fee of 0.02 ETH to release your tokens',
  ),
  sent(
    'a returnable deposit',
    'To fix the issue send a returnable deposit of 0.1 BTC, it is credited after the check',
  ),
  sent(
    'recovery of stolen coins',
    'Scammed like me? Write to cyberwizard.recovery@gmail.com, they got back all my stolen USDT in two days',
  ),
  sent(
    'a mentor',
    'Thanks to Mrs Claire I make $9,000 weekly with her trading signals, message her on WhatsApp +1 (202) 555-0147',
  ),
  sent(
    'a job',
    'Hiring! Remote job, 2 hours a day, 150 USDT daily, no experience. Contact our HR on Telegram @novahr_jobs',
  ),
  sent(
    'a sale before the sale',
    'Private presale for members of this chat: send USDT to TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE and get +40%',
  ),
  sent('a bot', 'Use the MEV bot, it earns 3 ETH per day with no risk, guide in my bio, dm for the code'),
  sent('a drainer in Portuguese', 'Airdrop liberado! Conecte sua carteira e resgate agora: nova-resgate.com'),
  sent('recovery phrase in Turkish', 'Cüzdanınızı doğrulamak için kurtarma kelimelerini girin'),
  sent(
    'private messages in Russian',
    'Проблемы с выводом? Поддержка поможет, пишите в телеграм @nova_help_ru',
  ),
  sent(
    'whitelisting',
    'Your tokens are not showing because your wallet is not whitelisted. Whitelist here: nova-whitelist.net',
    { from: 'Greg', kycLevel: 1 },
  ),
  sent(
    'recovery words by a bot',
    'Anyone who still has not received the bonus should submit the secret recovery words to the form bot',
    { from: 'Lena', kycLevel: 1 },
  ),
  sent(
    'an account manager',
    'Want to earn from home? I turned $300 into $4,500 in one week with my account manager, ask me how',
    { from: 'Tom', kycLevel: 1 },
  ),
  sent(
    'a listing on an exchange',
    'Nova is listing on Binance tomorrow, insiders buy here first: pancake-nova.exchange',
    { from: 'Kim', kycLevel: 1 },
  ),
  sent(
    'a code to scan',
    'Scan the QR in my profile to get the welcome reward, 300 USDT for each new wallet',
    { from: 'Ben', kycLevel: 1 },
  ),
  sent(
    'an app to download',
    'Please update the wallet app, old version is hacked: download from nova-wallet.download/app.apk',
    { from: 'Ali', kycLevel: 1 },
  ),
  sent(
    'a widow',
    "I am a widow and want to give my late husband's 12 BTC to honest persons, write me on mail evawidow@outlook.com",
    { from: 'Eva', kycLevel: 1 },
  ),
  sent('a desk of the project', 'Please describe the issue', { from: 'Nova Tech Desk', kycLevel: 1 }),
  sent(
    'a chat about investment',
    'Hello dear, you look smart, shall we talk about investment on WhatsApp? +852 5555 1234',
    { from: 'Sam', kycLevel: 0 },
  ),
  sent(
    'a deadline',
    'KYC deadline! Users who do not re-verify at once lose the allocation -> kyc-nova.help',
    { from: 'Ivo', kycLevel: 1 },
  ),
  sent('a bot that doubles', 'Send 0.5 SOL to the bot and it sends 1 SOL to you, tested 5 times', {
    from: 'Ola',
    kycLevel: 1,
  }),
  sent(
    'a deposit address from a moderator',
    'hey @Okoro gave me the new deposit address: 0xAbCdEf0123456789aBcDeF0123456789AbCdEf01',
    { from: 'Max P', kycLevel: 1 },
  ),
  sent(
    'recovery in Spanish',
    'Hi all, mi hermano perdió todo y este experto recuperó sus fondos robados, escríbanle: recuperacion.ya@gmail.com',
    { from: 'Zoe', kycLevel: 1 },
  ),
  sent('an airdrop in Chinese', '免费领取空投，立即连接钱包：nova空投.com', { from: 'Yan', kycLevel: 1 }),
  sent('a name of the platform with digits', 'gm', { from: 'C0M2000', kycLevel: 1 }),
  sent('a handle without its sign', 'My tg is novahelper, hit me there and I sort your wallet out'),
  sent('a helper praised', 'talk to nova_helper on the blue app, he returned my 3 ETH'),
  sent('a backup of words', 'put your 12 word backup into the form, link in my profile'),
  sent('an app in digits', 'T3legram: nova desk. They refund you'),
  sent('a handle like the project', 'Write @nova_desk'),
  sent(
    'an address without its beginning',
    'contract: 71c7656ec7ab88b098defb751b7401b5f6d8976f (put 0x before it)',
  ),
];

/**
 * Messages of thieves that were written after the rules, from other public descriptions: warnings of wallets' and exchanges'
 * help pages about impersonated staff, validation pages, drainers, fees in advance, recovery and romance.
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
];

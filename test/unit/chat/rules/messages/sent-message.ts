export interface SentMessage {
  /** The pattern that it is an example of. */
  about: string;
  text: string;
  /** The shown name of its author. */
  from: string;
  kycLevel: number;
  /** Hours since the account was opened: whoever is younger than a day waits for a moderator whatever they write. */
  accountHours: number;
}

/** By an account that is neither young nor unknown, so that its words alone speak against it. */
export const sent = (about: string, text: string, sender: Partial<SentMessage> = {}): SentMessage => ({
  about,
  text,
  from: 'Jonas',
  kycLevel: 1,
  accountHours: 2_000,
  ...sender,
});

/** The room of all of them. */
export const NOVA_ROOM = {
  names: ['Nova', 'NOVA', 'Nova Public Sale'],
  addresses: ['0x52908400098527886E0F7030069857D2E4169EE7'],
  staffNames: ['Maria Lindqvist', 'Okoro'],
};
export const LINK_HOSTS = ['com2000.example'];

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStaffLike } from '../../../../src/chat/rules/names.ts';
import { disguised } from './disguised.ts';

const ROOM = { names: ['Nova', 'NOVA', 'Nova Public Sale'], staffNames: ['Maria Lindqvist', 'Okoro'] };

describe('the name of a member', () => {
  it.each([
    ...[
      'Admin',
      'admin_',
      'Adm1n',
      'a-d-m-i-n',
      'M O D',
      '@dmin',
      'sup port',
      'Supp0rt',
      'adminanna',
      'Help Desk',
    ],
    ...['ΑDΜΙΝ', 'suppоrt', '𝕬𝖉𝖒𝖎𝖓', '🅰🅳🅼🅸🅽', 'ᴀᴅᴍɪɴ', 'мodеrator', 'поддержка', '客服小王', 'admin🛡'],
    ...['Nova', 'n0va', 'NovaSupport', 'novasupport24', 'Nova HQ', 'NOVA Team', 'nova.finance', 'CEO Nova'],
    ...['COM2000', 'c0m2000 help', 'corn2000', 'I am com-2000', 'Team', 'Customer Care', 'Community Manager'],
    ...[
      'The Maria Lindqvist',
      'Lindqvist Maria',
      'Maria Lindqvist Jr',
      'Nova CEO John',
      'COM2K',
      'MariaLindqvist',
      'maria lindqvist 1',
      '0koro',
      'Okоrо',
      'OKORO_',
    ],
  ])('is refused: %s', (name) => {
    expect(isStaffLike(name, ROOM)).toBe(true);
  });

  it.each([
    ...['Adam', 'Administer', 'Steam Fan', 'Moderna', 'Modesty', 'Badminton Bob', 'Supporting Actor', 'Amin'],
    ...[
      'Nova fan',
      'Novak',
      'Casanova',
      'Terranova',
      'Maria',
      'Lindqvist',
      'Dev',
      'Officer K',
      'crypto king',
    ],
    ...['Ольга', '李明', 'محمد', 'Nguyễn Văn A', 'User-BCDFGH', 'Team Rocket Grunt', 'the best', '🚀', '7'],
  ])('is nobody else’s: %s', (name) => {
    expect(isStaffLike(name, ROOM)).toBe(false);
  });

  it('is refused with hidden and confusable characters too', () => {
    fc.assert(
      fc.property(disguised('admin support com2000 okoro'.split(' ')), (name) => {
        expect(isStaffLike(name, ROOM)).toBe(true);
      }),
    );
  });

  it('is not bound to a room whose project has no name yet', () => {
    expect(isStaffLike('Bob', { names: ['', '  ', '🚀'], staffNames: [''] })).toBe(false);
  });
});

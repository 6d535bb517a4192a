import { expect, test } from '@jest/globals';
import { lookAlikesIn } from '../../server/oauth/look-alikes.ts';
import { checkSpacing, checkText, checkTexts } from '../../server/oauth/text.ts';

test.each([
  ['plain', 'Find a free hour for the Q1 review.'],
  ['German', 'Übergrößenträger für 5 €'],
  ['Vietnamese in form C', 'Nguyễn'],
  ['Hebrew', 'סקירה רבעונית'],
  ['Arabic', 'مراجعة'],
  ['Thai', 'การประชุมทีม'],
  ['Hindi', 'बैठक'],
  ['Japanese', '四半期レビュー'],
  ['Korean', '분기 검토'],
  ['an emoji', '✅ 🎉'],
  ['an emoji with a skin tone', '👩🏽'],
  ['markup', '<img src=x onerror=alert(1)>'],
  ['nothing', ''],
])('%s is a text', (_, text) => {
  expect(checkText(text)).toBeUndefined();
});

const hostile: [string, string, string][] = [
  ['NUL', '\u0000', 'a control character'],
  ['a line feed', 'a\nb', 'a control character'],
  ['a tab', 'a\tb', 'a control character'],
  ['DEL', '\u007f', 'a control character'],
  ['a C1 control', '\u0085', 'a control character'],
  ['ESC', '\u001b[31m', 'a control character'],
  ['a line separator', '\u2028', 'a control character'],
  ['a paragraph separator', '\u2029', 'a control character'],
  ...[
    '\u200e',
    '\u200f',
    '\u061c',
    '\u202a',
    '\u202b',
    '\u202c',
    '\u202d',
    '\u202e',
    '\u2066',
    '\u2067',
    '\u2068',
    '\u2069',
  ].map((mark): [string, string, string] => [
    `U+${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
    `EUR 1${mark}000`,
    'a bidirectional control character',
  ]),
  ...[
    '\u00ad',
    '\u034f',
    '\u115f',
    '\u1160',
    '\u17b4',
    '\u180e',
    '\u200b',
    '\u200c',
    '\u200d',
    '\u2060',
    '\u2064',
    '\u2800',
    '\u3164',
    '\ufe0f',
    '\ufeff',
    '\uffa0',
    '\ufff9',
    '\u{e0041}',
    '\u{e0100}',
    '\u{1d173}',
  ].map((mark): [string, string, string] => [
    `U+${mark.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`,
    `acme/${mark}billing`,
    'a zero-width or invisible character',
  ]),
  ['half of a pair', 'a\ud83d', 'half a character'],
  ['the other half of a pair', '\udc00a', 'half a character'],
  ['private use', '\uf8ff', 'a character without a meaning'],
  ['a character that is none', '\ufdd0', 'a character without a meaning'],
  ['a tower of marks', `a${'\u0316'.repeat(5)}`, 'too many combining marks'],
  ['a word struck out', 'd\u0336o\u0336 not', 'a mark that strikes out, underlines or encloses'],
  ['a word underlined like a link', 'o\u0332k\u0332', 'a mark that strikes out, underlines or encloses'],
  ['a forbidden sign around a letter', 'a\u20e0', 'a mark that strikes out, underlines or encloses'],
  ['form D', 'u\u0308', 'not in Unicode normal form C'],
  ['a character with a twin: the Ohm sign', '\u2126', 'not in Unicode normal form C'],
];

test.each(hostile)('%s is refused, never altered', (_, text, problem) => {
  expect(checkText(text)).toBe(problem);
});

test.each(['a  b', ' a', 'a ', '\u00a0', 'a\u00a0b', 'a\u3000b', 'a\u2003b'])(
  'spaces that a page folds are seen: %j',
  (text) => {
    expect(checkSpacing(text)).toBeDefined();
  },
);

test.each(['', 'a', 'a b c', 'Nordwind GmbH & Co. KG'])('single spaces between words are spaces: %j', (text) => {
  expect(checkSpacing(text)).toBeUndefined();
});

test.each([
  ['a Cyrillic letter in a Latin word', 'ЕUR 1', ['ЕUR']],
  ['a name of two alphabets', 'Nоrdwind GmbH', ['Nоrdwind']],
  ['a Greek capital', 'ΒMW', ['ΒMW']],
  ['a word of nothing but imitations', 'pay to асе', ['асе']],
  ['full-width digits', 'EUR ４200', ['４200']],
  ['mathematical digits', 'INV-𝟒𝟐', ['𝟒𝟐']],
  ['two kinds of digits', '1٢', ['1٢']],
  ['digits that a reader of this sentence does not know', 'invite ٤٢ people', ['٤٢']],
  ['digits in a circle', 'room ①', ['①']],
  ['a ligature', 'ﬁnance', ['ﬁnance']],
  ['Armenian in Latin', 'օffice', ['օffice']],
  ['one in a member name', { pаyee: 'Nordwind' }, ['pаyee']],
  ['several, once each', ['ЕUR', ['ЕUR', 'РауРаl']], ['ЕUR', 'РауРаl']],
  ['Russian', 'Счёт за ноябрь', []],
  ['Russian with a Latin word', 'Отчёт для Nordwind GmbH 2026', []],
  ['Greek', 'Αθήνα 2026', []],
  ['Arabic with its own digits', 'فاتورة ٤٢', []],
  ['Japanese', '会議 11月', []],
  ['units and symbols', '10 kΩ, 5 µm, ΔT = 2 K, 1º, naïve café, GmbH & Co. KG', []],
])('%s: words that are not what they are drawn as', (_, value, words) => {
  expect(lookAlikesIn(value)).toEqual(words);
});

test('a value is searched to its leaves, names included', () => {
  expect(checkTexts({ a: ['x', { b: 'y\u202e' }], n: 1, t: true, z: null })).toEqual({
    field: 'a.1.b',
    problem: 'a bidirectional control character',
  });
  expect(checkTexts({ changes: { 'na\u200bme': 1 } })).toEqual({
    field: 'changes',
    problem: 'a zero-width or invisible character',
  });
  expect(checkTexts({ a: ['x', { b: 'y' }], n: 1 })).toBeUndefined();
});

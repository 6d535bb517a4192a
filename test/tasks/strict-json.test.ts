import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, instant, sha256url } from '../../server/oauth/canonical.ts';
import { parseStrictJson } from '../../server/oauth/strict-json.ts';
import { jsonRefused } from '../../views/words/json.ts';
import { said } from '../support/said.ts';

const refused: [because: string, text: string, problem: string][] = [
  ['a name appears twice', '{"a":1,"a":2}', "member 'a' appears twice"],
  ['a name appears twice, once escaped', String.raw`{"amount":1,"\u0061mount":2}`, "member 'amount' appears twice"],
  ['a name appears twice further in', '[{"x":[{"a":1,"b":2,"a":1}]}]', "member 'a' appears twice"],
  ['a name appears twice around another object', '{"a":{"b":1},"a":{"b":1}}', "member 'a' appears twice"],
  ['an empty name appears twice', '{"":1,"":2}', "member '' appears twice"],
  ['a name would become a prototype', '[{"__proto__":{"admin":true}}]', "member '__proto__' is not accepted"],
  ['a number is too long', '[9007199254740993]', 'number 9007199254740993 cannot be held exactly'],
  ['a number is too large', '[1e400]', 'number 1e400 cannot be held exactly'],
  [
    'a number would become a whole one',
    '[100.00000000000000001]',
    'number 100.00000000000000001 cannot be held exactly',
  ],
  ['a number would become nothing', '[1e-400]', 'number 1e-400 cannot be held exactly'],
  ['a number is too fine', '[0.1000000000000000055]', 'number 0.1000000000000000055 cannot be held exactly'],
  ['seven levels', '[[[[[[[1]]]]]]]', 'nested deeper than 6 levels'],
  ['very many levels', `${'['.repeat(2000)}${']'.repeat(2000)}`, 'nested deeper than 6 levels'],
  ['it is cut off', '[{"a":1}', 'not valid JSON'],
  ['it is followed by more', '[] []', 'not valid JSON'],
  ['it has a comment', '[1] // one', 'not valid JSON'],
  ['it is YAML', '- a', 'not valid JSON'],
  ['quotes are single', "['a']", 'not valid JSON'],
  ['a comma trails', '[1,]', 'not valid JSON'],
  ['it is empty', '', 'not valid JSON'],
  ['it begins with a byte order mark', '\ufeff[]', 'not valid JSON'],
];

test.each(refused)('a text is refused when %s (RAR-01)', (_, text, problem) => {
  const parsed = parseStrictJson(text);
  expect(parsed.ok ? '' : said(jsonRefused(parsed.problem))).toBe(problem);
});

test.each([
  '[]',
  '[[[[[[1]]]]]]',
  '{"a":{"a":{"a":1}},"b":{"a":1}}',
  '[{"a":1},{"a":1}]',
  '{"a":"\\"a\\":1, {\\"a\\":2}"}',
  '{ "a" : "}{" , "b" : -0.5e-3 }',
  '"a"',
  '9007199254740991',
  '[1.0, 1e3, 1.50e1, -0, 0.000, 0.10000000000000001, 5e-324, 120]',
])('%s is read as it is', (text) => {
  expect(parseStrictJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
});

const shallow = fc.jsonValue({ maxDepth: 4, noUnicodeString: false }).filter((value) => {
  const text = JSON.stringify(value);
  return !text.includes('__proto__') && !/[eE.]?\d{16,}|e\+/.test(text);
});

test('whatever JSON writes is read back, with any white space', () => {
  fc.assert(
    fc.property(shallow, fc.constantFrom('', '  ', '\t'), (value, space) => {
      const text = JSON.stringify(value, null, space);
      expect(parseStrictJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
});

test('an object with any name repeated is refused wherever it stands', () => {
  const name = fc.string({ unit: 'grapheme', maxLength: 10 });
  fc.assert(
    fc.property(name, shallow, shallow, (member, first, second) => {
      const twice = `{${JSON.stringify(member)}:${JSON.stringify(first)},${JSON.stringify(member)}:${JSON.stringify(second)}}`;
      expect(parseStrictJson(twice).ok).toBe(false);
    }),
  );
});

test('one value has one text, whatever the order of its members (RFC 8785)', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).toReversed());
      expect(canonicalJson(reversed)).toBe(canonicalJson(value));
      expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
    }),
  );
});

test.each([
  // RFC 8785 §3.2.3 and appendix B
  [
    'members in UTF-16 order',
    { '\u20ac': 1, '\r': 2, '1': 3, '\u{1f600}': 4, '\u0080': 5, '\u00f6': 6, '\ufb33': 7 },
    '{"\\r":2,"1":3,"\u0080":5,"ö":6,"€":1,"😀":4,"\ufb33":7}',
  ],
  ['numbers', [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0], '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]'],
  ['literals', [null, true, false], '[null,true,false]'],
])('canonical %s', (_, value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test.each([[undefined], [Number.NaN], [Number.POSITIVE_INFINITY], ['\ud800']])('%p has no canonical form', (value) => {
  expect(() => canonicalJson(value)).toThrow();
});

test('a hash and a time have one spelling', () => {
  // FIPS 180-4, "abc"
  expect(sha256url('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
  expect(sha256url(Buffer.from('abc'))).toBe(sha256url('abc'));
  expect(instant(new Date('2026-11-24T15:02:03.999+01:00'))).toBe('2026-11-24T14:02:03Z');
});

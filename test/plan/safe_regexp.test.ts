import assert from 'node:assert/strict';
import { LONGEST_TRIED, whyUnsafe } from '../../lib/controllers/plan/safe_regexp';

const ACCEPTED = [
  /order/, /^.*$/, /^order\.(\d+)$/, /^order\.(?<id>[\w-]+)\.(created|paid)$/i, /^[^.]+\.[^.]+\.[^.]+(\.json)?$/, /^(?:ab)*$/, /^(?=a)b(?!c)/,
  /^(.)\1$/, /^\p{L}+$/u, /^user\.[0-9a-f]{8}-[0-9a-f]{4}$/, /^(?:ab|cd){1,3}$/, /^[\w-]{1,20}(?:\.[\w-]{1,20}){2}$/, /^(\w)+$/, /(?:)/,
];

const REFUSED = [
  // Exponential: nested repetitions, repeated alternatives, repetitions of nothing.
  /^(a+)+$/, /^(a|a)*$/, /^(a|b|ab)*c$/, /^([a-z]+[.-]?)*$/, /(\w+\s?)+x/, /^(x+x+)+y$/, /^((ab)+)*$/, /^(a|)*$/, /^(?:a?){30}$/,
  // Polynomial of a high degree, also with the search for the beginning, and with high limits.
  /^a*a*a*a*$/, /.*a.*a.*a/, /^a$|b+b+b+/, /^.*a.*a.*a$/m, /^a{1,500}a{1,500}a{1,500}a{1,500}$/,
];

describe('test/plan/safe_regexp.test.ts', () => {
  for (const regExp of ACCEPTED) {
    it(`accepts ${regExp}`, () => assert.equal(whyUnsafe(regExp), undefined));
  }

  for (const regExp of REFUSED) {
    it(`refuses ${regExp}`, () => assert.match(whyUnsafe(regExp) ?? '', /^Begin it with \^, repeat sets/));
  }

  // Node.js 18 does not know the flag v.
  it('refuses what the check does not know', () => {
    assert.equal(whyUnsafe({ source: '^[a-z]$', flags: 'v' } as RegExp), 'The flag v cannot be checked: use the flag u.');
    assert.equal(whyUnsafe(/(?<!a)b/), 'It has a part that cannot be checked: write it with simpler parts.');
  });

  it('bounds the length of names that a RegExp is tried on', () => assert.equal(LONGEST_TRIED, 128));
});

import { permitsNothing, surelyNarrower } from './narrowing';
import type { PermissionRule } from './rule';

const rule = (level: PermissionRule['level'], type = 'Observation'): PermissionRule => ({
  subject: { class: 'physicians' },
  category: { types: [type] },
  level,
  purpose: 'any',
});

it('knows rules that permit nothing', () => {
  expect(permitsNothing({ rules: [] })).toBe(true);
  expect(permitsNothing({ rules: [rule('none')] })).toBe(true);
  expect(permitsNothing({ rules: [rule('none'), rule('read')] })).toBe(false);
});

it.each([
  ['one more refusal', [rule('none')], [], true],
  [
    'the same refusals, in another order',
    [rule('none', 'Patient'), rule('none')],
    [rule('none'), rule('none', 'Patient')],
    true,
  ],
  ['what was permitted away', [], [rule('write')], true],
  ['a refusal less', [], [rule('none')], false],
  ['something else refused', [rule('none', 'Patient')], [rule('none')], false],
  ['something permitted that was before', [rule('read')], [rule('read')], false],
])('judges %s', (_, rules, before, narrower) => {
  expect(surelyNarrower(rules, before)).toBe(narrower);
});

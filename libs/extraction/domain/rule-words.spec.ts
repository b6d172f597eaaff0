import { policyNamed } from '@aceso/deidentification/domain';
import { ruleInWords } from './rule-words';

describe('rule in words', () => {
  it.each([
    ['Observation', 'code.coding.code', /codes of allowed systems/],
    ['Observation', 'effectiveDateTime', /date rule/],
    ['Observation', 'valueQuantity.value', /rounded/],
    ['Observation', 'subject.reference', /keyed hash/],
    ['Observation', 'encounter.reference', /left out when it leads out/],
    ['Observation', 'component.code.coding.code', /codes of allowed systems/],
    ['Observation', 'status', /closed list/],
    ['Patient', 'ageBand', /quasi-identifier/],
    ['Encounter', 'id', /keyed hash/],
  ])('%s.%s', (resourceType, path, words) => {
    for (const name of ['expert-1', 'safe-harbor'])
      expect(ruleInWords(policyNamed(name), resourceType, path)).toMatch(words);
  });
});

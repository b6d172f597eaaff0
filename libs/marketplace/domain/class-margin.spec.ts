import { keptInClasses } from './class-margin';

const classes = [
  { label: 'female 40-59', count: { approximate: 60, suppressed: false } },
  { label: 'male 40-59', count: { approximate: 10, suppressed: false } },
  { label: 'female 60-79', count: { approximate: null, suppressed: true } },
  { label: 'others', count: { approximate: 100, suppressed: false } },
];

it('counts shown classes at the least that they stand for, and nobody who is in none', () => {
  expect(keptInClasses(classes, { k: 5, share: 1 })).toBe(58 + 11);
  expect(keptInClasses(classes, { k: 11, share: 1 })).toBe(58 + 11);
  expect(keptInClasses(classes, { k: 12, share: 1 })).toBe(58);
});

it('leaves out classes that are too small once a share of each agrees', () => {
  expect(keptInClasses(classes, { k: 5, share: 0.5 })).toBe(29 + 5);
  expect(keptInClasses(classes, { k: 5, share: 0.25 })).toBe(14);
  expect(keptInClasses(classes, { k: 5, share: 0 })).toBe(0);
});

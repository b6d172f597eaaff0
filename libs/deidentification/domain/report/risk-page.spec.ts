import { measureOfSizes, reportInput } from '../../testing';
import type { RiskReportInput } from './report-input';
import { riskPage } from './risk-page';
import { riskReport } from './risk-report';

const pageOf = (changes: Partial<RiskReportInput> = {}) => riskPage(riskReport(reportInput(changes)));

describe('the page', () => {
  const page = pageOf();

  it('needs nothing from outside and runs nothing', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|<object|\bsrc=|\bhref=|url\(|@import|\bon\w+=|javascript:/i);
    expect(page).not.toMatch(/https?:\/\//);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  it('shows all 13 points, both charts and the formula', () => {
    for (let point = 1; point <= 13; point += 1) expect(page).toMatch(new RegExp(`<h2>${point}\\. `));
    expect(page.match(/<svg /g)).toHaveLength(2);
    expect(page).toContain('loss = mean over attributes');
    expect(page).toContain('classes below 11');
    expect(page).toContain('aceso verify --policy FILE FOLDER');
  });

  it('escapes every text that it is given', () => {
    const evil = `"><script>alert('1')</script>&\u202e\u0000`;
    const input = reportInput();
    const poisoned = JSON.parse(JSON.stringify(input), (_, value: unknown) =>
      typeof value === 'string' && !['public', 'quasi', 'sensitive'].includes(value) ? evil : value,
    ) as RiskReportInput;
    const shown = riskPage(
      riskReport({ ...poisoned, disclose: input.disclose, before: input.before, after: input.after }),
    );
    expect(shown).not.toContain('<script');
    for (const character of ['\u0000', '\u202e']) expect(shown).not.toContain(character);
    expect(shown).not.toContain(`alert('1')`);
    expect(shown.split('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;').length).toBeGreaterThan(15);
  });

  it('says why it refused and what would have to change', () => {
    const refused = pageOf({ after: measureOfSizes([3, 40]) });
    expect(refused).toContain('class="verdict refused"');
    expect(refused).toContain('CLASS_BELOW_THRESHOLD');
    expect(refused).toMatch(/What would have to change: generalise/);
  });

  it('is complete without a population, sensitive values and counts', () => {
    const { diversity, populationUniques, ...measure } = measureOfSizes([20]);
    expect(diversity && populationUniques).toBeNull();
    const plain = { ...measure, diversity: null, populationUniques: null };
    const shown = pageOf({ before: plain, after: plain, privacyBudget: null, populationFrame: null });
    expect(shown).toContain('No sensitive attribute was measured');
    expect(shown).toContain('the size of the population is not known');
    expect(shown).not.toMatch(/undefined|NaN|null/);
  });

  it('says of bars and sums that are too small that they are, once', () => {
    const disclose = (sum: number) => (sum < 11 ? null : sum);
    const shown = pageOf({ before: measureOfSizes([6]), after: measureOfSizes([40]), disclose });
    expect(shown).toContain('>before too few to say</text');
    expect(shown).not.toContain('too few to say (too few to say)');
    expect(shown).not.toMatch(/too few to say (before|after)/);
  });

  it('is the same page for the same report', () => {
    expect(pageOf()).toBe(page);
    expect(page).not.toMatch(/undefined|NaN|\[object/);
  });
});

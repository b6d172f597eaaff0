import type { DiversityReached } from '../risk';
import { barChart } from './charts';
import type { Disclosed } from './disclosed';
import { facts, html, list, table, type Html } from './html';
import { htmlPage } from './html-page';
import type { RiskReport } from './risk-report';

const FEW = 'too few to say';
const percent = (share: Disclosed): string => (share === null ? FEW : `${(share * 100).toFixed(1)}\u00a0%`);
const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
const sum = (count: Disclosed): string => (count === null ? FEW : grouped(count));

/**
 * The report as one self-contained page for a compliance officer: no script, no reference to anything outside, every value
 * escaped. The same report gives the same bytes.
 */
export function riskPage(report: RiskReport): string {
  const { id } = report['1-data-set'];
  return htmlPage(
    `Risk report ${id}`,
    html`<h1>Risk report</h1>
      ${verdict(report)}
      ${[
        dataSet,
        context,
        attributes,
        attackModels,
        risk,
        diversity,
        smallCells,
        loss,
        attack,
        dates,
        residual,
        budget,
        verification,
      ].map((section) => section(report))}`,
  );
}

function verdict({ verdict: { decision, threshold, reasons }, ...report }: RiskReport): Html {
  const { smallestClass, highest } = report['5-risk'];
  const reading = `Smallest class allowed: ${threshold.kMin} records (highest risk ${percent(threshold.highestRisk)}). "${threshold.percent} %" to the letter would ask for ${threshold.kMinToTheLetter}.`;
  return html`<section class="verdict ${decision}">
    <h2>${decision === 'released' ? 'Risk within the threshold' : 'Refused'}</h2>
    <p>
      ${reading} Found: smallest class ${smallestClass}, highest risk
      ${percent(Math.max(highest.prosecutor.after, highest.journalist.after))}.
    </p>
    ${reasons.map(({ code, reason, change }) => html`<p><strong>${reason}</strong> (${code}). What would have to change: ${change}.</p>`)}
  </section>`;
}

function dataSet({ '1-data-set': of }: RiskReport): Html {
  return html`<section>
    <h2>1. Data set</h2>
    ${facts([
      ['Data set', of.id],
      ['SHA-256', of.hash],
      ['Date', of.date],
      ['Records before', sum(of.records.before)],
      ['Records after', sum(of.records.after)],
      ['Software', of.software],
      ['Policy', `${of.policy.name}, ${of.policy.hash}`],
      ['Key ids', of.keyIds.join(', ')],
    ])}
    <p>
      Sums are rounded to the nearest 5, so that 11 and 12 stand as 10; below 11 they are not told. Shares follow from
      rounded sums, and so differ a little from those of the manifest.
    </p>
  </section>`;
}

function context({ '2-context': of }: RiskReport): Html {
  return html`<section>
    <h2>2. Release</h2>
    ${facts([
      ['Kind', of.kind],
      ['Recipient', of.recipient],
      ['Use', of.use],
      ['Term', of.term],
    ])}
    <h3>Controls</h3>
    ${list(of.controls, 'none')}
  </section>`;
}

function attributes({ '3-attributes': of }: RiskReport): Html {
  const rows = of.map(({ name, kind, transformation, reason }) => [name, kind, transformation, reason]);
  return html`<section>
    <h2>3. Attributes</h2>
    ${table('What each attribute is and what was done to it', ['Attribute', 'Class', 'Transformation', 'Reason'], rows)}
  </section>`;
}

function attackModels({ '4-attack-models': of }: RiskReport): Html {
  const frame = of.populationFrame;
  return html`<section>
    <h2>4. Attackers</h2>
    <ul>
      <li>Prosecutor: knows that the person is in the files.</li>
      <li>Journalist: does not know, and looks for anybody.</li>
      <li>Marketer: wants as many as possible.</li>
    </ul>
    <p>Population: ${frame ? `${frame.name}, ${grouped(frame.people)} people` : 'not known'}; ${of.note}.</p>
  </section>`;
}

function risk({ '5-risk': of }: RiskReport): Html {
  const pairs = of.atRisk.map(({ kMin, prosecutor }) => ({ label: `classes below ${kMin}`, ...prosecutor }));
  const sizes = of.classSizes.map(({ from, to, records }) => ({
    label: to === from ? `${from}` : to === null ? `${from} and more` : `${from} to ${to}`,
    ...records,
  }));
  const most = Math.max(...sizes.flatMap(({ before, after }) => [before ?? 0, after ?? 0]));
  const row = (name: string, { before, after }: { readonly before: Disclosed; readonly after: Disclosed }) => [
    name,
    percent(before),
    percent(after),
  ];
  return html`<section>
    <h2>5. Risk before and after</h2>
    ${table(
      'Chance to name a person',
      ['Attacker', 'Before', 'After'],
      [
        row('Prosecutor, highest', of.highest.prosecutor),
        row('Journalist, highest', of.highest.journalist),
        row('Prosecutor, average', of.average.prosecutor),
        row('Journalist, average', of.average.journalist),
        row('Marketer, average', of.average.marketer),
      ],
    )}
    <h3>Share of records in classes that are too small</h3>
    ${barChart('Share of records in classes below 5, 11 and 20, before and after', pairs, { most: 1, write: percent })}
    ${table(
      'Both readings of the thresholds, before \u2192 after',
      ['Threshold', 'Prosecutor', 'Journalist', 'Prosecutor, to the letter'],
      of.atRisk.map((at) => [
        `below ${at.kMin} (${at.percent} %; to the letter below ${at.kMinToTheLetter})`,
        ...[at.prosecutor, at.journalist, at.toTheLetter].map(
          ({ before, after }) => `${percent(before)} \u2192 ${percent(after)}`,
        ),
      ]),
    )}
    <h3>Records by the size of their class</h3>
    ${barChart('Records by the size of their class, before and after', sizes, { most, write: sum })}
    ${facts([
      ['Unique records', `before ${sum(of.uniques.before)}, after ${sum(of.uniques.after)}`],
      ['Unique in the population, before', estimate(of.populationUniques.before)],
      ['Unique in the population, after', estimate(of.populationUniques.after)],
    ])}
  </section>`;
}

function estimate(of: RiskReport['5-risk']['populationUniques']['before']): string {
  if (!of) return 'not estimated: the size of the population is not known';
  if (!of.valid) return 'no model gives a valid estimate';
  if (of.people === 0) return 'none, as no record is unique';
  return of.people === null ? FEW : `about ${grouped(of.people)} (model: ${of.model})`;
}

function diversity({ '6-diversity': { before, after, note } }: RiskReport): Html {
  if (!before || !after)
    return html`<section>
      <h2>6. Sensitive values</h2>
      <p>No sensitive attribute was measured: ${note}.</p>
    </section>`;
  const number = (value: number | null) => (value === null ? 'none' : String(Number(value.toFixed(3))));
  const row = (name: string, of: (reached: DiversityReached) => number | null) => [
    name,
    number(of(before)),
    number(of(after)),
  ];
  const recursive = (l: number) => (reached: DiversityReached) =>
    reached.recursiveC.find((at) => at.l === l)?.c ?? null;
  return html`<section>
    <h2>6. Sensitive values</h2>
    <p>Measured: ${note}.</p>
    ${table(
      'The least that any class reaches',
      ['Model', 'Before', 'After'],
      [
        row('Distinct l', ({ distinctL }) => distinctL),
        row('Entropy l', ({ entropyL }) => entropyL),
        row('Recursive, l = 2: c above', recursive(2)),
        row('Recursive, l = 3: c above', recursive(3)),
        row('t, equal distances', ({ tEqual }) => tEqual),
        row('t, ordered distances', ({ tOrdered }) => tOrdered),
      ],
    )}
  </section>`;
}

function smallCells({ '7-small-cells': of }: RiskReport): Html {
  return html`<section>
    <h2>7. Small cells</h2>
    <p>A cell is ${of.of}.</p>
    ${facts([
      ['Found', sum(of.found)],
      ['Suppressed', sum(of.suppressed)],
      ['Suppressed besides, so that none follows from totals', sum(of.complementary)],
    ])}
  </section>`;
}

function loss({ '8-loss': of }: RiskReport): Html {
  const rows = of.utility.map(({ attribute, level, kept }) => [attribute, level, percent(kept)]);
  return html`<section>
    <h2>8. What was lost</h2>
    ${facts([
      [
        'Suppressed records',
        of.suppressed === null ? sum(null) : `${sum(of.suppressed)} (${percent(of.suppressedShare)})`,
      ],
      [`Information loss (${of.metric})`, of.score.toFixed(4)],
      ['Formula', html`<code>${of.formula}</code>`],
    ])}${table('What each attribute keeps', ['Attribute', 'Level', 'Kept'], rows)}
  </section>`;
}

function attack({ '9-attack': of }: RiskReport): Html {
  return html`<section>
    <h2>9. Attack on the final files</h2>
    <p>Each person of the source was looked for in the final files by the quasi-identifiers, with one guess each.</p>
    ${facts([
      ['Looked for', sum(of.attempts)],
      ['Found', sum(of.hits)],
      ['Hit rate', percent(of.hitRate)],
      ['Foretold by the class sizes', percent(of.predicted)],
      ['Better than foretold', of.beatsPrediction ? 'yes' : 'no'],
    ])}
  </section>`;
}

function dates({ '10-dates': of }: RiskReport): Html {
  const rows = of.uniqueTrajectories.map(({ by, share }) => [by, percent(share)]);
  return html`<section>
    <h2>10. Dates, histories, free text</h2>
    ${facts([
      ['Dates', of.shiftDays === null ? 'no day is released' : `shifted by up to ${of.shiftDays} days to either side`],
      ['Intervals between events', of.intervalsKept ? 'kept' : 'not kept'],
      ['Free text', of.freeText],
    ])}${table('Persons who are unique by what k does not cover', ['By', 'Share of persons'], rows)}
  </section>`;
}

function residual({ '11-residual': of }: RiskReport): Html {
  return html`<section>
    <h2>11. What remains</h2>
    <h3>k holds on</h3>
    ${list(of.kHoldsOn, 'nothing')}
    <h3>k does not hold on</h3>
    ${list(of.kDoesNotHoldOn, 'nothing else is in the files')}
    <h3>Residual risks</h3>
    ${list(of.risks, 'none known')}
    <h3>Assumptions</h3>
    ${list(of.assumptions, 'none')}
    <h3>Not modelled</h3>
    ${list(of.notModelled, 'nothing known')}
  </section>`;
}

function budget({ '12-privacy-budget': of }: RiskReport): Html {
  return html`<section>
    <h2>12. Counts with noise</h2>
    ${
      of
        ? facts([
            ['Budget (epsilon)', (of.budgetMilli / 1000).toFixed(3)],
            ['Spent (epsilon)', (of.spentMilli / 1000).toFixed(3)],
            ['Questions', of.questions],
          ])
        : html`<p>None were released with this data set.</p>`
    }
  </section>`;
}

function verification({ '13-verification': of }: RiskReport): Html {
  return html`<section>
    <h2>13. Signature</h2>
    ${facts([
      ['Signed by', of.signedBy],
      ['Verify with', html`<code>${of.command}</code>`],
    ])}
  </section>`;
}

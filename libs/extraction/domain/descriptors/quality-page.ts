import { html, htmlPage, htmlTable, type Html } from '@aceso/deidentification/domain';
import { COUNT_ROUNDED_TO, COUNT_THRESHOLD, disclose } from '@aceso/cohort/domain';
import { missingPercent } from '../dictionary-field';
import type { FileCensus, PackageTable } from '../package-table';
import type { DescribedPackage } from './described-package';

/** Shares are shown to so many percent: finer ones say nothing of the quality of data. */
const PERCENT_STEP = 5;

/**
 * The text of `quality.html`: rows of each file, how much of each field is missing, and how many persons have rows in
 * which year. One page without scripts and references; every value is escaped; counts of persons go through the rule of
 * disclosed counts.
 */
export function qualityPage(of: DescribedPackage): string {
  const { manifest, tables, census, releasedOn } = of;
  const { order, edition, policy, counts } = manifest;
  const sources = [...census].sort((a, b) => (a.name < b.name ? -1 : 1));
  return htmlPage(
    `Quality of order ${order}`,
    html`<h1>Quality of the data</h1>
      <section>
        <h2>Package</h2>
        <p>Order ${order}, edition ${edition}, released on ${releasedOn} under the policy ${policy.name}.</p>
        <p>
          ${counts.rows} rows. Counts of persons below ${COUNT_THRESHOLD} are not shown, others are rounded to
          ${COUNT_ROUNDED_TO}, so that 11 and 12 stand as 10; missing shares are rounded to ${PERCENT_STEP} %. Exact
          shares stand in dictionary.json.
        </p>
        ${htmlTable(
          'Files',
          ['File', 'Rows', 'Persons', 'Years'],
          [
            ...sources.map((file) => [file.name, file.rows, shown(file.persons), yearRange(file)]),
            ...tables.map((table) => [table.file, table.rows, shown(table.persons), '']),
          ],
        )}
      </section>
      ${leftOut(of)} ${coverage(sources)} ${tables.map(missingInTable)} ${sources.map(missingInFile)}`,
  );
}

/** Sums over people who are not in the files, told like counts. */
function leftOut({ manifest, rareCodes }: DescribedPackage): Html {
  const { suppressed } = manifest.risk;
  const few = `<${COUNT_THRESHOLD}, or none`;
  return html`<section>
    <h2>Left out</h2>
    ${htmlTable(
      'Cells that are too small',
      ['Cell', 'Left out'],
      [
        [`Persons in a class of fewer than ${manifest.k.kFile}`, typeof suppressed === 'number' ? suppressed : few],
        [`Codes that fewer than ${manifest.k.kFile} persons have`, disclose(rareCodes).approximate ?? few],
      ],
    )}
  </section>`;
}

/** First and last year in which enough persons have a row. */
function yearRange({ years }: FileCensus): string {
  const told = years.filter(([, persons]) => persons >= COUNT_THRESHOLD).map(([year]) => year);
  return told.length === 0 ? '' : `${told[0]} to ${told.at(-1)}`;
}

/** Only years in which some count can be shown: that a year is there at all would tell of few persons as well. */
function coverage(sources: readonly FileCensus[]): Html {
  const shownYears = sources.flatMap(({ years }) => years.filter(([, persons]) => persons >= COUNT_THRESHOLD));
  const years = [...new Set(shownYears.map(([year]) => year))].sort();
  const dated = sources.filter((file) => file.years.some(([, persons]) => persons >= COUNT_THRESHOLD));
  const rows = years.map((year) => [year, ...dated.map((file) => shown(new Map(file.years).get(year) ?? 0))]);
  return html`<section>
    <h2>Persons by year</h2>
    <p>
      Persons with a row whose released date lies in the year. Where a policy shifts dates, so are the years. Years and
      files in which every count is below ${COUNT_THRESHOLD} are not listed.
    </p>
    ${htmlTable('Persons by year', ['Year', ...dated.map(({ resourceType }) => resourceType)], rows)}
  </section>`;
}

function missingInTable({ name, file, columns }: PackageTable): Html {
  const rows = columns.map((column) => [column.name, share(column.missingPercent), column.rule]);
  return html`<section>
    <h2>Table ${name}</h2>
    ${htmlTable(`Columns of ${file}`, ['Column', 'Missing', 'Rule'], rows)}
  </section>`;
}

function missingInFile({ name, resourceType, rows: all, fields }: FileCensus): Html {
  const rows = fields.map(({ path, rows }) => [path, share(missingPercent(all, rows))]);
  return html`<section>
    <h2>FHIR ${resourceType}</h2>
    ${htmlTable(`Elements of ${name}`, ['Element', 'Missing'], rows)}
  </section>`;
}

function shown(persons: number): string {
  const { approximate } = disclose(persons);
  return approximate === null ? `<${COUNT_THRESHOLD}` : String(approximate);
}

/** Nothing missing and all missing are said only where they are true. */
function share(percent: number): string {
  if (percent === 0 || percent === 100) return `${percent} %`;
  const rounded = Math.round(percent / PERCENT_STEP) * PERCENT_STEP;
  return rounded === 0 || rounded === 100
    ? `${rounded === 0 ? 'below' : 'above'} ${Math.abs(rounded - PERCENT_STEP)}\u00a0%`
    : `${rounded} %`;
}

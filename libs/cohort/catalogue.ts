import { Inject, Injectable } from '@nestjs/common';
import { canonicalJson, hex, utf8 } from '@aceso/kernel';
import { CONFIG, Database, Runtime, sha256, type Config } from '@aceso/platform';
import { CohortIndex } from './cohort-index';
import { readCoverage, readSources } from './data/coverage';
import { keepCatalogue, readCatalogue } from './data/shown-catalogues';
import { DisclosureDesk, type Asker } from './disclosure-desk';
import {
  CATALOGUE_SOURCES_MAX,
  catalogueForm,
  catalogueNumbers,
  catalogueSets,
  judgeCatalogue,
  type CatalogueForm,
  type ShownCatalogue,
} from './domain/catalogue';
import { checkCriteria, criteriaHash } from './domain/criteria-document';
import type { AnsweredCount } from './domain/disclosure';

/** The same persons as of a count without a rule: its number is the same answer. */
const EVERYBODY = checkCriteria({ version: 1, all: [] });

/** What there is to ask for: who is found, by domain, year of the first record and source (ADR 42). */
@Injectable()
export class Catalogue {
  constructor(
    private readonly database: Database,
    private readonly runtime: Runtime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'adultAgeYears'>,
    private readonly index: CohortIndex,
    private readonly desk: DisclosureDesk,
  ) {}

  /**
   * The catalogue of the day. The first time in 24 hours it is a question like a count, of fewer than 60 numbers; what was shown then stands and costs
   * nothing. Throws COUNT_LIMIT_REACHED, COUNT_LOCKED, COUNT_BUSY, COUNT_TOO_LONG.
   */
  async read(asker: Asker): Promise<ShownCatalogue> {
    const day = this.runtime.recordDate();
    const { shown, sources } = await this.database.transaction('api', async (tx) => {
      await tx.actAs(asker.partyId);
      return {
        shown: await readCatalogue(tx, asker.partyId, day),
        sources: await readSources(tx, CATALOGUE_SOURCES_MAX),
      };
    });
    return shown ?? this.#ask(asker, catalogueForm(day, sources), day);
  }

  async #ask(asker: Asker, form: CatalogueForm, day: string): Promise<ShownCatalogue> {
    const total = hex.decode(criteriaHash(EVERYBODY, sha256));
    const numbers = catalogueNumbers(form);
    const hashes = [total, ...numbers.map(numberHash)];
    const asked = { criteriaHash: sha256(utf8(canonicalJson({ catalogue: { day, numbers } }))), hashes, day };
    const question = await this.desk.open(asker, { ...asked, once: true });
    const { everybody } = await this.index.sets('api', {
      ...{ criteria: EVERYBODY, day, adultAgeYears: this.config.adultAgeYears, shownTo: asker.partyId },
    });
    const coverage = await this.database.transaction('api', (tx) => readCoverage(tx, form.sources));
    return this.database.transaction('api', async (tx) => {
      // Whoever asked at the same time was shown one: it stands, and nothing more is told.
      await this.desk.enter(tx, asker);
      const shown = await readCatalogue(tx, asker.partyId, day);
      if (shown) return shown;
      const answers = await this.desk.answerWithin(tx, asker, {
        question,
        counted: { everybody, sets: [everybody, ...catalogueSets(form, everybody, coverage)] },
        decide: (disclosing, sets) =>
          judgeCatalogue(disclosing, {
            ...{ form, keys: question.keys, sets },
            rest: hex.encode(numberHash({ firstYear: null })),
          }),
        aimed: false,
      });
      const catalogue = inParts(day, form, answers);
      await keepCatalogue(tx, asker.partyId, catalogue);
      return catalogue;
    });
  }
}

function inParts(day: string, form: CatalogueForm, answers: readonly AnsweredCount[]): ShownCatalogue {
  const [total, ...counts] = answers;
  const years = form.domains.length;
  const sources = years + form.years.length;
  return {
    day,
    total: total!,
    domains: form.domains.map((domain, nth) => ({ domain, count: counts[nth]! })),
    firstYears: form.years.map((label, nth) => ({ label, count: counts[years + nth]! })),
    sources: form.sources
      .map((did, nth) => ({ did, count: counts[sources + nth]! }))
      .filter(({ count }) => !count.suppressed || count.reason === 'TOO_CLOSE'),
  };
}

/** Of one number of the catalogue, or of what is hidden of its years. */
const numberHash = (number: object): Uint8Array => sha256(utf8(canonicalJson({ catalogue: number })));

import { Injectable } from '@nestjs/common';
import { Database } from '@aceso/platform';
import { ConceptTree } from './domain/concept-tree';
import { pasteCodes } from './domain/paste-codes';

/** A code that is known, and the text that records give it; null where too few persons carry one and the same. */
export interface MatchedCode {
  readonly code: string;
  readonly text: string | null;
}

export interface MatchedCodes {
  /** Whether any code of the system is known. */
  readonly systemKnown: boolean;
  /** Whether it is known what is below its codes. */
  readonly descendantsKnown: boolean;
  /** In the order of the list, as are the others. */
  readonly matched: readonly MatchedCode[];
  readonly unmatched: readonly string[];
}

/** Looks codes up for whoever writes criteria. */
@Injectable()
export class ConceptLists {
  constructor(
    private readonly database: Database,
    private readonly concepts: ConceptTree,
  ) {}

  /**
   * Which codes of a pasted list this instance knows. Known is what the operator's table has, or what eleven persons carry with the same
   * text: whether a rarer code stands in a record is not said, as that alone would tell of a person. Role api. Throws CRITERIA_INVALID.
   */
  async match(system: string, text: string): Promise<MatchedCodes> {
    const codes = pasteCodes(text);
    const rows = await this.database.query<{ code: string; text: string }>(
      'api',
      'select code, text from facts.display where system = $1 and code = any($2::text[])',
      [system, codes],
    );
    const descendantsKnown = this.concepts.knowsBelow(system);
    const texts = new Map(rows.map((row) => [row.code, row.text]));
    const isKnown = (code: string): boolean => texts.has(code) || this.concepts.knows(system, code);
    return {
      systemKnown: descendantsKnown || rows.length > 0 || (await this.#isCarried(system)),
      descendantsKnown,
      matched: codes.filter(isKnown).map((code) => ({ code, text: texts.get(code) ?? null })),
      unmatched: codes.filter((code) => !isKnown(code)),
    };
  }

  async #isCarried(system: string): Promise<boolean> {
    const rows = await this.database.query('api', 'select from facts.display where system = $1 limit 1', [system]);
    return rows.length > 0;
  }
}

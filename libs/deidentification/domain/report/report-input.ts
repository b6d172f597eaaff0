import type { RiskMeasure } from '../risk';
import type { DiscloseSum } from './disclosed';
import type { RelinkResult } from './relink';

/** Everything a risk report says, as it was measured: true sums, before any rounding. */
export interface RiskReportInput {
  /** 1. What was released, from what, when and by which program. Key ids, never keys. */
  readonly dataSet: {
    readonly id: string;
    /** SHA-256 of the released files' list, hexadecimal. */
    readonly hash: string;
    /** YYYY-MM-DD. */
    readonly date: string;
    readonly software: string;
    readonly policy: { readonly name: string; readonly hash: string };
    readonly keyIds: readonly string[];
  };
  /** 2. */
  readonly context: {
    readonly kind: 'public' | 'controlled';
    readonly recipient: string;
    readonly controls: readonly string[];
    readonly use: string;
    readonly term: string;
    /** The smallest class that is allowed; 11 for a public release and 5 for a controlled one unless set. */
    readonly kMin?: number;
  };
  /** 3. */
  readonly attributes: readonly {
    readonly name: string;
    readonly kind: 'direct' | 'quasi' | 'sensitive' | 'other';
    readonly reason: string;
    readonly transformation: string;
  }[];
  /** 4. Null where no population frame is known: the journalist is then taken for a prosecutor. */
  readonly populationFrame: { readonly name: string; readonly people: number } | null;
  /** 5 and 6. The same measures of the source and of the final files. */
  readonly before: RiskMeasure;
  readonly after: RiskMeasure;
  /** 7. Numbers of small cells. */
  readonly smallCells: { readonly found: number; readonly suppressed: number; readonly complementary: number };
  /** 8. */
  readonly loss: {
    readonly metric: string;
    readonly formula: string;
    readonly score: number;
    /** What each attribute keeps, 1 for all of it. */
    readonly utility: readonly { readonly attribute: string; readonly level: string; readonly kept: number }[];
  };
  /** 9. */
  readonly attack: RelinkResult;
  /** 10. */
  readonly dates: {
    /** Days to either side; null where no shifted date is released. */
    readonly shiftDays: number | null;
    readonly intervalsKept: boolean;
    /** Shares of persons who are unique by what k does not cover. */
    readonly uniqueTrajectories: readonly { readonly by: string; readonly share: number }[];
    readonly freeText: string;
  };
  /** 11. */
  readonly residual: {
    readonly risks: readonly string[];
    readonly assumptions: readonly string[];
    readonly notModelled: readonly string[];
  };
  /** 12. Null where no count with noise was released. */
  readonly privacyBudget: {
    readonly budgetMilli: number;
    readonly spentMilli: number;
    readonly questions: number;
  } | null;
  /** 13. */
  readonly verification: { readonly signedBy: string; readonly command: string };
  /** How sums are rounded. */
  readonly disclose: DiscloseSum;
}

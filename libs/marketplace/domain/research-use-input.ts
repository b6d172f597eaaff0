import { CODED_USE, type BuyerKind, type CodedUse } from '@aceso/consent/domain';
import { MarketplaceError } from './marketplace.errors';

/** The use of a request in codes as a research center writes it: lists in any order. */
export interface UseInput {
  /** DUO codes of the main axis. */
  readonly research: readonly string[];
  /** Whether methods are developed or validated. */
  readonly methods: boolean;
  /** Codes of the disease tree. */
  readonly diseases: readonly string[];
  readonly topics: readonly string[];
  readonly commercial: boolean;
  /** Countries from which the data will be used beside the one where it will be. */
  readonly countries: readonly string[];
  readonly pledges: readonly string[];
  /** `YYYY-MM-DD` before which nothing is published. */
  readonly publicationFrom?: string | null | undefined;
}

/** The use as it stands in the content, with what registration says of the center. Throws REQUEST_INVALID with the first wrong place. */
export function composeUse(
  input: UseInput,
  known: { readonly country: string; readonly buyerKind: BuyerKind | undefined },
): CodedUse {
  const read = CODED_USE.safeParse({
    version: 1,
    research: sorted(input.research),
    methods: input.methods,
    diseases: sorted(input.diseases),
    topics: sorted(input.topics),
    buyerKind: known.buyerKind ?? 'unknown',
    commercial: input.commercial,
    countries: sorted([known.country, ...input.countries]),
    pledges: sorted(input.pledges),
    ...(input.publicationFrom && { publicationFrom: input.publicationFrom }),
  });
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new MarketplaceError(
    'REQUEST_INVALID',
    `request: ${['use', ...issue.path.map(String)].join('.')} ${issue.message}`,
  );
}

function sorted(list: readonly string[]): string[] {
  return [...new Set(list)].sort();
}

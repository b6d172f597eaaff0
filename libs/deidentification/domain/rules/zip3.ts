/**
 * ZIP3 areas of 20,000 people or fewer, which 45 CFR 164.514(b)(2)(i)(B) turns into 000. Lists follow a census, so a policy
 * carries its list as a parameter, with what it was taken from; an operator replaces it when newer figures are published.
 */
export interface RestrictedZip3List {
  /** Census and source. */
  readonly census: string;
  readonly prefixes: readonly string[];
}

const prefixes = (text: string): readonly string[] => text.split(' ');

/** HHS, Guidance Regarding Methods for De-identification, 2012-11-26: 17 areas by the census of 2000. */
export const ZIP3_CENSUS_2000: RestrictedZip3List = {
  census: '2000, as listed in the HHS guidance of 2012-11-26',
  prefixes: prefixes('036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893'),
};

/** 14 areas in use since: the sample configuration of the Microsoft FHIR anonymizer ships them and names no census. */
export const ZIP3_LATER: RestrictedZip3List = {
  census: 'later than 2000, as in the sample configuration of the Microsoft FHIR anonymizer of 2025-09-05',
  prefixes: prefixes('036 059 102 203 205 369 556 692 821 823 878 879 884 893'),
};

/** Restricted by either list: what shipped policies use, as a list too many costs a little, one too few names somebody. */
export const RESTRICTED_ZIP3: RestrictedZip3List = {
  census: `${ZIP3_CENSUS_2000.census}; ${ZIP3_LATER.census}`,
  prefixes: [...new Set([...ZIP3_CENSUS_2000.prefixes, ...ZIP3_LATER.prefixes])].sort(),
};

/**
 * ZIP3 areas of 20,000 people or fewer, which 45 CFR 164.514(b)(2)(i)(B) turns into 000. The list follows the census: it is
 * a parameter of the policy, with its date, and an operator replaces it when newer figures are published.
 */
export const RESTRICTED_ZIP3 = {
  census: '2000, as listed in the HHS guidance of 2012-11-26',
  prefixes: '036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893'.split(' '),
} as const;

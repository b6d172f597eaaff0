/** GA4GH Data Use Ontology (EBISPOT/DUO `duo.csv`): what data may be used for, on the main axis. */
export const DUO_PERMISSIONS = {
  NRES: 'DUO:0000004',
  GRU: 'DUO:0000042',
  HMB: 'DUO:0000006',
  DS: 'DUO:0000007',
  POA: 'DUO:0000011',
} as const;

/** DUO modifiers: under which conditions. The abstract parents DUO:0000001 and DUO:0000017 are no tags. */
export const DUO_MODIFIERS = {
  RS: 'DUO:0000012',
  NMDS: 'DUO:0000015',
  GSO: 'DUO:0000016',
  NPUNCU: 'DUO:0000018',
  PUB: 'DUO:0000019',
  COL: 'DUO:0000020',
  IRB: 'DUO:0000021',
  GS: 'DUO:0000022',
  MOR: 'DUO:0000024',
  TS: 'DUO:0000025',
  US: 'DUO:0000026',
  PS: 'DUO:0000027',
  IS: 'DUO:0000028',
  RTN: 'DUO:0000029',
  CC: 'DUO:0000043',
  NPOA: 'DUO:0000044',
  NPU: 'DUO:0000045',
  NCU: 'DUO:0000046',
} as const;

export type DuoPermission = (typeof DUO_PERMISSIONS)[keyof typeof DUO_PERMISSIONS];
export type DuoModifier = (typeof DUO_MODIFIERS)[keyof typeof DUO_MODIFIERS];

/** What each code means, in words for people. */
export const DUO_WORDS: Readonly<Record<DuoPermission | DuoModifier, string>> = {
  [DUO_PERMISSIONS.NRES]: 'any use',
  [DUO_PERMISSIONS.GRU]: 'any research',
  [DUO_PERMISSIONS.HMB]: 'research into health, medicine and biomedicine, without ancestry',
  [DUO_PERMISSIONS.DS]: 'research into named diseases',
  [DUO_PERMISSIONS.POA]: 'research into the origins of populations and ancestry',
  [DUO_MODIFIERS.RS]: 'research of a named type only',
  [DUO_MODIFIERS.NMDS]: 'no development of methods, unless for a named disease',
  [DUO_MODIFIERS.GSO]: 'genetic studies only',
  [DUO_MODIFIERS.NPUNCU]: 'organisations that are not for profit and use that is not commercial only',
  [DUO_MODIFIERS.PUB]: 'results are published',
  [DUO_MODIFIERS.COL]: 'in collaboration with a named party',
  [DUO_MODIFIERS.IRB]: 'with the approval of an ethics committee',
  [DUO_MODIFIERS.GS]: 'in named countries only',
  [DUO_MODIFIERS.MOR]: 'nothing is published before a date',
  [DUO_MODIFIERS.TS]: 'for a limited number of months',
  [DUO_MODIFIERS.US]: 'by named parties only',
  [DUO_MODIFIERS.PS]: 'for named requests only',
  [DUO_MODIFIERS.IS]: 'by named institutions only',
  [DUO_MODIFIERS.RTN]: 'results are given back',
  [DUO_MODIFIERS.CC]: 'clinical care is permitted as well',
  [DUO_MODIFIERS.NPOA]: 'no research into the origins of populations and ancestry',
  [DUO_MODIFIERS.NPU]: 'organisations that are not for profit only',
  [DUO_MODIFIERS.NCU]: 'use that is not commercial only',
};

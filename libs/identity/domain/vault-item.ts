import { z } from 'zod';

/** Identifiers of one party that are kept, at most. */
export const IDENTIFIERS_MAX = 10;

/** What states and insurers call a person or an organisation: a country (ISO 3166-1 alpha-2), a kind and a value. */
export const Identifiers = z.strictObject({
  identifiers: z
    .array(
      z.strictObject({
        country: z.string().regex(/^[A-Z]{2}$/),
        kind: z.enum(['national', 'health-insurance', 'tax', 'passport', 'register']),
        value: z.string().trim().min(1).max(64),
      }),
    )
    .max(IDENTIFIERS_MAX),
});

/** Where money goes: holder, IBAN (ISO 13616) without blanks, and BIC (ISO 9362) where the bank asks for it. */
export const BankDetails = z.strictObject({
  holder: z.string().trim().min(1).max(200),
  iban: z
    .string()
    .regex(/^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$/)
    .refine(ibanHolds, 'the check digits'),
  bic: z
    .string()
    .regex(/^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$/)
    .optional(),
});

export type Identifiers = z.infer<typeof Identifiers>;
export type BankDetails = z.infer<typeof BankDetails>;

/** What the vault holds of a party beside its contact, by kind. */
export const VAULT_ITEMS = { identifiers: Identifiers, 'bank-details': BankDetails } as const;

export type VaultItemKind = keyof typeof VAULT_ITEMS;
export type VaultItem<Kind extends VaultItemKind> = z.infer<(typeof VAULT_ITEMS)[Kind]>;

/** ISO 7064 MOD 97-10: country and check digits moved behind, letters as 10 to 35, the number leaves 1. */
function ibanHolds(iban: string): boolean {
  const digits = [...iban.slice(4), ...iban.slice(0, 4)].map((sign) => parseInt(sign, 36)).join('');
  return [...digits].reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0) === 1;
}

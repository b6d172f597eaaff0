import { type FieldRow, U, F, ok, empty, said, parties, officers, NOTHING, page } from './access-outcomes';

/** Licences, and what a party puts into the vault beside its contact. */
export const LICENCE_FIELDS: Readonly<Record<string, FieldRow>> = {
  myLicence: { outcomes: [U, empty, empty, ok, ok, ok, ok, F, ok], document: '{ myLicence { state active } }' },
  appealLicence: {
    outcomes: [U, said, said, said, said, said, said, F, said],
    document: 'mutation($s: String!) { appealLicence(statement: $s) { statement } }',
    variables: NOTHING,
  },
  licences: { outcomes: officers(ok), document: page('licences') },
  proposeLicenceStep: {
    outcomes: officers(said),
    document: 'mutation($s: String!) { proposeLicenceStep(statement: $s) { statement } }',
    variables: NOTHING,
  },
  confirmLicenceStep: {
    outcomes: officers(said),
    document: 'mutation($s: String!) { confirmLicenceStep(statement: $s) { statement } }',
    variables: NOTHING,
  },
  myIdentifiers: { outcomes: parties(empty), document: '{ myIdentifiers { kind } }' },
  saveIdentifiers: { outcomes: parties(ok), document: 'mutation { saveIdentifiers(identifiers: []) }' },
  myBankDetails: { outcomes: parties(empty), document: '{ myBankDetails { iban } }' },
  saveBankDetails: {
    outcomes: parties('VAULT_ITEM_INVALID'),
    document: 'mutation { saveBankDetails(input: { holder: "Somebody", iban: "DE00370400440532013000" }) }',
  },
};

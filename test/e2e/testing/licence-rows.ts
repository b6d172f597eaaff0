import { randomUUID } from 'node:crypto';
import { toGlobalId } from '@aceso/platform/graphql';
import { type FieldRow, U, F, ok, empty, said, parties, researchers, officers, NOTHING, page } from './access-outcomes';

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
  openPayouts: { outcomes: officers(empty), document: page('openPayouts') },
  executePayout: {
    outcomes: officers('NOT_FOUND'),
    document: 'mutation($id: ID!) { executePayout(id: $id) { bankDetails { iban } } }',
    variables: () => ({ id: toGlobalId('Payout', randomUUID()) }),
  },
  issueVisa: { outcomes: researchers(ok), document: 'mutation { issueVisa { visa expiresAt } }' },
  saveBankDetails: {
    outcomes: parties('VAULT_ITEM_INVALID'),
    document: 'mutation { saveBankDetails(input: { holder: "Somebody", iban: "DE00370400440532013000" }) }',
  },
};

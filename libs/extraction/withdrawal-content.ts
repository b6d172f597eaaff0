import { Injectable } from '@nestjs/common';
import { pseudonymsUnder, rowPseudonym } from '@aceso/deidentification/domain';
import { encodeDidKey, type OrderId, type PersonId } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import { ed25519PublicKey, ed25519Signer, hmacSha256, KeyCustody, sha256, type Tx } from '@aceso/platform';
import type { RetractedRow } from '@aceso/register';
import {
  deletedRows,
  listDigest,
  retractedListRows,
  signWithdrawalList,
  WITHDRAWAL_LIST_FORMAT,
  type WithdrawalList,
} from './domain/withdrawal-list';
import { SaleKeys } from './sale-keys';

/** What a list is made of. */
export interface ListSource {
  readonly id: string;
  readonly orderId: OrderId;
  readonly number: number;
  readonly madeAt: Date;
  readonly manifestSha256: string;
  readonly personIds: readonly PersonId[];
  /** Single rows that were taken back. */
  readonly retracted: readonly RetractedRow[];
}

/** Writes the content of withdrawal lists. The same list always has the same text: no pseudonym has to be stored. */
@Injectable()
export class WithdrawalContent {
  constructor(
    private readonly saleKeys: SaleKeys,
    private readonly custody: KeyCustody,
    private readonly ledger: Ledger,
  ) {}

  /** The list, under the order's sale key, which is opened with an access event. */
  async list(tx: Tx, source: ListSource, act: 'withdrawals.listed' | 'withdrawals.packed'): Promise<WithdrawalList> {
    const { id, orderId, number, madeAt, manifestSha256, personIds } = source;
    const saleKey = await this.saleKeys.open(tx, orderId, act);
    const salts = { saleKey, listId: id };
    const pseudonymise = pseudonymsUnder(saleKey, hmacSha256);
    const pseudonyms = personIds.map((personId) => pseudonymise('pseudonym/Patient', personId));
    const rows = source.retracted.map(({ type, ...at }) => ({ type, row: rowPseudonym(pseudonymise, type, at) }));
    return {
      format: WITHDRAWAL_LIST_FORMAT,
      order: orderId,
      number,
      madeOn: madeAt.toISOString().slice(0, 10),
      manifest: manifestSha256,
      log: { verifierKey: this.ledger.verifierKey() },
      deleted: deletedRows(pseudonyms, salts, hmacSha256),
      ...(rows.length > 0 && { retracted: retractedListRows(rows, salts, hmacSha256) }),
    };
  }

  /** did:key of the key that signs packages and lists. */
  releaseKey(): string {
    return encodeDidKey(ed25519PublicKey(this.custody.serviceSeed('release')));
  }

  /** Text of the operator's statement over a list; `permitEnds` as YYYY-MM-DD. */
  sign(list: WithdrawalList, { id, orderId, madeAt }: ListSource, permitEnds: string): string {
    const seed = this.custody.serviceSeed('release');
    const [origin = ''] = this.ledger.verifierKey().split('+');
    return signWithdrawalList(
      {
        jti: id,
        aud: origin,
        iat: Math.floor(madeAt.getTime() / 1000),
        exp: Math.floor(Date.parse(permitEnds) / 1000),
        order: orderId,
        list: listDigest(list, sha256),
      },
      ed25519PublicKey(seed),
      ed25519Signer(seed),
    );
  }
}

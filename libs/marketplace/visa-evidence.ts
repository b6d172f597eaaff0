import { readFile } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { canonicalJson, hex, utf8, type RequestId } from '@aceso/kernel';
import { CONFIG, Runtime, sha256, type Config, type Tx } from '@aceso/platform';
import { MarketplaceError, VISA_ASSERTED_SECONDS_MAX } from './domain';
import { readIssuers, VisaVerifier, type VerifiedVisa } from './visa-verifier';

/** Visas that one version of a request may carry. */
export const VISAS_A_REQUEST_MAX = 10;

/** What a visa said when it was handed in, as those who decide on the request see it: no name of a person, no text of the visa. */
export interface ShownVisa {
  readonly issuer: string;
  readonly type: string;
  readonly value: string;
  readonly source: string;
  readonly by: string | null;
  readonly asserted: string;
  readonly expires: string;
}

/** Visas of configured issuers that a research center hands in with a request. They inform the officers; they open nothing. */
@Injectable()
export class VisaEvidence {
  constructor(
    private readonly runtime: Runtime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'visaIssuers'>,
  ) {}

  /**
   * Verifies the visas of one researcher at this moment, offline. A LinkedIdentities visa joins the others and is not kept: it names
   * the person. Throws VISA_TOO_MANY, VISA_ISSUER_UNKNOWN and what {@link VisaVerifier} throws.
   */
  async verify(texts: readonly string[]): Promise<readonly VerifiedVisa[]> {
    if (texts.length === 0) return [];
    if (texts.length > VISAS_A_REQUEST_MAX) {
      throw new MarketplaceError('VISA_TOO_MANY', `a request carries ${VISAS_A_REQUEST_MAX} visas at most`);
    }
    const { visaIssuers } = this.config;
    if (visaIssuers === undefined) {
      throw new MarketplaceError('VISA_ISSUER_UNKNOWN', 'no issuer is configured here: send the request without visas');
    }
    const verifier = new VisaVerifier(readIssuers(await readFile(visaIssuers, 'utf8')));
    const now = Math.floor(this.runtime.now() / 1000);
    const visas = await verifier.verify(texts, { now, assertedSecondsMax: VISA_ASSERTED_SECONDS_MAX });
    return visas.filter(({ type }) => type !== 'LinkedIdentities');
  }

  /** Keeps what they said beside the version of the request. */
  async save(
    tx: Tx,
    of: { readonly requestId: RequestId; readonly version: number },
    visas: readonly VerifiedVisa[],
  ): Promise<void> {
    const column = <Value>(read: (visa: VerifiedVisa) => Value): Value[] => visas.map(read);
    await tx.execute(
      `insert into marketplace.request_visa
         (request_id, version, number, issuer, type, value, source, said_by, asserted_at, expires_at, digest, verified_at)
       select $1, $2, visa.number, visa.issuer, visa.type, visa.value, visa.source, visa.said_by,
              to_timestamp(visa.asserted), to_timestamp(visa.expires), visa.digest, $3
         from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[], $11::bytea[])
              with ordinality as visa (issuer, type, value, source, said_by, asserted, expires, digest, number)`,
      [
        ...[of.requestId, of.version, new Date(this.runtime.now())],
        ...[column(({ issuer }) => issuer), column(({ type }) => type), column(({ value }) => value)],
        ...[column(({ source }) => source), column(({ by }) => by), column(({ asserted }) => asserted)],
        ...[column(({ until }) => until), column(({ digest }) => Buffer.from(digest, 'hex'))],
      ],
    );
  }
}

/** How the ledger names evidence: SHA-256 of the canonical list of the digests of its visas, so that nothing is added or exchanged later. */
export function evidenceHash(visas: readonly Pick<VerifiedVisa, 'digest'>[]): string {
  return hex.encode(sha256(utf8(canonicalJson(visas.map(({ digest }) => digest)))));
}

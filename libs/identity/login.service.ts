import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { Runtime, type Tx } from '@aceso/platform';
import { selectNoticesSince, type Notice } from './data/notice-rows';
import { DAY_SECONDS, IdentityError, jwkThumbprint, LOGIN, type TokenType } from './domain';
import type { Party } from './registration.service';
import { LoginNonces } from './login-nonces';
import { SessionTokens } from './session-tokens';
import { StatementService } from './statement.service';

/** A session and its token. */
export interface Login {
  readonly token: string;
  readonly expiresAt: Date;
  readonly tokenType: TokenType;
  readonly party: Party;
  /** What happened to the party's keys in the last {@link NOTICE_DAYS} days, newest first. */
  readonly notices: readonly Notice[];
}

/** For how many days a login shows a notice, and how many at most. */
export const NOTICE_DAYS = 60;
export const NOTICES_AT_LOGIN_MAX = 10;

/** Opens sessions. */
@Injectable()
export class LoginService {
  constructor(
    private readonly statements: StatementService,
    private readonly tokens: SessionTokens,
    private readonly nonces: LoginNonces,
    private readonly audit: AuditService,
    private readonly runtime: Runtime,
  ) {}

  /**
   * Opens a session of the party that signed the statement. The same statement again answers the same token until that
   * ends, so whoever copied a login gains no minute by it. Throws LOGIN_KEY_MISMATCH, LOGIN_NONCE_REFUSED or a refusal of the
   * statement.
   */
  async login(tx: Tx, text: string): Promise<Login> {
    const { claims, statement, partyId, role, personId, acceptedAt, repeated } = await this.statements.accept(
      tx,
      text,
      LOGIN,
    );
    const { jkt } = claims.cnf;
    // A passkey signs nothing but assertions: its login names a key that the client made for this session.
    if (statement.alg === 'Ed25519' && jkt !== jwkThumbprint(statement.kid, this.statements.context.sha256)) {
      throw new IdentityError('LOGIN_KEY_MISMATCH', 'cnf.jkt is not the thumbprint of the key that signed');
    }
    if (!repeated && !this.nonces.stands(claims.nonce)) {
      throw new IdentityError(
        'LOGIN_NONCE_REFUSED',
        'the nonce is none of this instance, or it has ended: ask loginNonce',
      );
    }
    const { tokenType = 'DPoP' } = claims;
    const session = { partyId, role, did: statement.kid, jkt, tokenType };
    const { token, expiresAt } = await this.tokens.issue(session, acceptedAt.getTime());
    if (expiresAt.getTime() <= this.runtime.now()) {
      throw new IdentityError('STATEMENT_EXPIRED', 'the session that this login opened has ended');
    }
    if (!repeated) await this.audit.record(tx, { act: 'session.opened', actorId: partyId, outcome: 'permitted' });
    const since = new Date(this.runtime.now() - NOTICE_DAYS * DAY_SECONDS * 1000);
    const notices = await selectNoticesSince(tx, partyId, { since, limit: NOTICES_AT_LOGIN_MAX });
    return { token, expiresAt, tokenType, notices, party: { partyId, did: statement.kid, role, personId } };
  }
}

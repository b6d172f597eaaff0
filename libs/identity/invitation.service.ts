import { Injectable } from '@nestjs/common';
import { hex } from '@aceso/kernel';
import { Database, Runtime, sha256 } from '@aceso/platform';
import { codeHash, DAY_SECONDS, newCode, type Role } from './domain';

/** Days in which an invitation can be used. */
export const INVITATION_DAYS = 7;

/** An operator's permission to register one party of a role. */
export interface Invitation {
  /** Shown once; only its hash is kept. */
  readonly code: string;
  readonly role: Exclude<Role, 'patient'>;
  readonly expiresAt: Date;
}

/** Makes invitations, on the operator's word. */
@Injectable()
export class InvitationService {
  constructor(
    private readonly database: Database,
    private readonly runtime: Runtime,
  ) {}

  /** A new invitation, for a research center with what kind of organisation it is. Patients need none. */
  async create(role: Exclude<Role, 'patient'>, buyerKind: string | null = null): Promise<Invitation> {
    const code = newCode((length) => this.runtime.randomBytes(length));
    const createdAt = new Date(this.runtime.now());
    const expiresAt = new Date(createdAt.getTime() + INVITATION_DAYS * DAY_SECONDS * 1000);
    await this.database.transaction('api', async (tx) => {
      await tx.execute(
        'insert into identity.invitation (code_hash, role, created_at, expires_at, buyer_kind) values ($1, $2, $3, $4, $5)',
        [hex.decode(codeHash(code, sha256)), role, createdAt, expiresAt, buyerKind],
      );
    });
    return { code, role, expiresAt };
  }
}

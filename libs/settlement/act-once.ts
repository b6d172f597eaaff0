import { Injectable } from '@nestjs/common';
import { DomainError } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { Database, IdempotencyError, IdempotencyService, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';

/** An act as a client sends it. */
export interface ClientAct {
  /** `<noun>.<verb>`, as in the access log. */
  readonly act: string;
  /** Chosen by the client; without one the act itself knows a repeat. */
  readonly key?: string;
  /** What was asked, as JSON: a repeat under the same key must ask the same. */
  readonly request: unknown;
}

/**
 * Runs acts of clients: once a key, each in one transaction. A refusal rolls everything back and is then recorded in a
 * transaction of its own, so that attempts can be seen.
 */
@Injectable()
export class ActOnce {
  constructor(
    private readonly database: Database,
    private readonly idempotency: IdempotencyService,
    private readonly audit: AuditService,
  ) {}

  /** The answer of the act, or of its first run under the same key. Throws what the act throws, and refusals of the key. */
  async run<Answer>(actor: Actor, sent: ClientAct, use: (tx: Tx) => Promise<Answer>): Promise<Answer> {
    const { act, key, request } = sent;
    try {
      return await this.database.transaction('api', (tx) => {
        if (key === undefined) return use(tx);
        return this.idempotency.run(tx, { actorId: actor.partyId, operation: act, key, request }, () => use(tx));
      });
    } catch (error) {
      // A key that is wrong or in use says nothing about the act.
      if (error instanceof DomainError && !(error instanceof IdempotencyError)) await this.report(actor, act, error);
      throw error;
    }
  }

  private async report({ partyId }: Actor, act: string, { code }: DomainError): Promise<void> {
    await this.database.transaction('api', (tx) =>
      this.audit.record(tx, { act, actorId: partyId, outcome: 'refused', reason: code }),
    );
  }
}

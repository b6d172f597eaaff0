import type { RequestId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { AnswerSums } from '../domain';

/** What was shown last of the answers to a version; `final` when no answer can come any more. */
export interface ShownSums extends AnswerSums {
  readonly final: boolean;
}

interface VersionKey {
  readonly requestId: RequestId;
  readonly version: number;
}

/** Begins with nobody's answer, when the version is asked. Role worker. */
export async function beginShownSums(tx: Tx, { requestId, version }: VersionKey, asked: number): Promise<void> {
  await tx.execute('insert into marketplace.shown_sums (request_id, version, asked) values ($1, $2, $3)', [
    requestId,
    version,
    asked,
  ]);
}

/** What was shown last, locked: everybody who looks at once sees the same. Undefined before anybody was asked. */
export async function lockShownSums(tx: Tx, { requestId, version }: VersionKey): Promise<ShownSums | undefined> {
  const [shown] = await tx.query<ShownSums>(
    `select asked, answered, granted, final from marketplace.shown_sums
      where request_id = $1 and version = $2 for update`,
    [requestId, version],
  );
  return shown;
}

export async function moveShownSums(tx: Tx, { requestId, version }: VersionKey, to: ShownSums): Promise<void> {
  await tx.execute(
    `update marketplace.shown_sums set answered = $3, granted = $4, final = $5
      where request_id = $1 and version = $2`,
    [requestId, version, to.answered, to.granted, to.final],
  );
}

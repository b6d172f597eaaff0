import { createAudit } from '@aceso/audit/testing';
import { startTestDatabase } from '@aceso/platform/testing';
import { IdentityKit } from './identity-kit';

/** A kit over a fresh database; close `kit.test` when done. */
export async function openIdentityKit(): Promise<IdentityKit> {
  const test = await startTestDatabase();
  return new IdentityKit(test, createAudit(test));
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trustPolicyText } from '@aceso/extraction';
import { startWitnesses } from '@aceso/ledger';
import type { Config } from '@aceso/platform';
import { startServices, type Services, type StartOptions } from '@aceso/platform/supervisor';

/** What an operator hands to its buyers, apart from every package; written anew at every start. */
export const TRUST_POLICY_FILE = 'trust.policy';

/** Starts the services of an instance with those who witness its ledger, and writes the trust policy for its buyers. */
export async function startInstance(
  config: Config,
  options: Omit<StartOptions, 'witnesses' | 'files'>,
): Promise<Services> {
  return startServices(config, {
    ...options,
    async witnesses(start) {
      const witnessed = await startWitnesses(start);
      await writeFile(join(config.home, TRUST_POLICY_FILE), trustPolicyText(witnessed.policy));
      return witnessed;
    },
  });
}

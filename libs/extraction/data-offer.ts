import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { policyNamed, type Policy } from '@aceso/deidentification/domain';
import { hmacSha256 } from '@aceso/platform';
import { shippedDictionaries, type ShippedDictionary } from './domain/shipped-dictionary';
import { previewTables, type PreviewTable } from './domain/synthetic-preview';

/** What a research center can look at before it asks anybody: dictionaries, and tables of made-up persons. It has no database. */
@Injectable()
export class DataOffer {
  #dictionaries: readonly ShippedDictionary[] | undefined;
  readonly #previews = new Map<string, Promise<readonly PreviewTable[]>>();

  /** The dictionaries of the shipped tables under the shipped policies. */
  dictionaries(): readonly ShippedDictionary[] {
    return (this.#dictionaries ??= shippedDictionaries());
  }

  /** The shipped tables of made-up persons under a policy, made once a process. Throws POLICY_UNKNOWN. */
  preview(policyName: string): Promise<readonly PreviewTable[]> {
    const policy = policyNamed(policyName);
    const made = this.#previews.get(policy.name) ?? makePreview(policy);
    this.#previews.set(policy.name, made);
    return made;
  }
}

/** Other requests are served between two persons. */
async function makePreview(policy: Policy): Promise<readonly PreviewTable[]> {
  const making = previewTables(policy, hmacSha256);
  for (;;) {
    const step = making.next();
    if (step.done) return step.value;
    await setImmediate();
  }
}

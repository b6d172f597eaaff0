import { readFile } from 'node:fs/promises';
import { parseConsent } from '@aceso/consent';
import {
  ConsentError,
  exportConsent,
  FHIR_VERSIONS,
  importConsent,
  ruleClaim,
  type FhirVersion,
  type NamedParty,
} from '@aceso/consent/domain';
import { isUuid } from '@aceso/kernel';
import { Option, type Command } from 'commander';
import { z } from 'zod';

interface Options {
  readonly fhir: FhirVersion;
  readonly party: readonly string[];
  readonly everyone?: 'physicians';
  readonly patient: string;
}

/** `aceso consent`: permission rules from and to FHIR Consent, in files, without an instance. Nothing is signed here. */
export function registerConsent(program: Command): void {
  const consent = program.command('consent').description('permission rules from and to FHIR Consent');
  const fhir = new Option('--fhir <version>', 'version of FHIR').choices(FHIR_VERSIONS).default('r4');
  consent
    .command('import <file>')
    .description('print the rules that say exactly what a Consent says, as JSON for a statement')
    .addOption(fhir)
    .option('--party <reference=role:uuid...>', 'what a reference means here: Organization/f001=provider:UUID', [])
    .addOption(new Option('--everyone <class>', 'whom a Consent means that permits everyone').choices(['physicians']))
    .action(importFile);
  consent
    .command('export <file>')
    .description('print the Consent of a JSON file of rules')
    .addOption(fhir)
    .requiredOption('--patient <uuid>', 'party of the patient')
    .action(exportFile);
}

async function importFile(file: string, { fhir, party, everyone }: Options): Promise<void> {
  const parties = new Map(party.map(readParty));
  const findParty = (reference: string) => parties.get(reference);
  const options = { version: fhir, findParty, ...(everyone && { everyone }) };
  const rules = importConsent(parseConsent(await readFile(file, 'utf8')), options);
  process.stdout.write(`${JSON.stringify(rules, null, 2)}\n`);
}

async function exportFile(file: string, { fhir, patient }: Options): Promise<void> {
  const rules = z.array(ruleClaim).safeParse(parseConsent(await readFile(file, 'utf8')));
  if (!rules.success || !isUuid(patient)) {
    throw new ConsentError('ACCESS_QUESTION_INVALID', 'give a list of rules as statements have them, and a UUID');
  }
  process.stdout.write(`${JSON.stringify(exportConsent(rules.data, fhir, { patient }), null, 2)}\n`);
}

function readParty(text: string): [string, NamedParty] {
  const [, reference, role, party] = /^(.+)=(provider|physician|researcher):([0-9a-f-]+)$/.exec(text) ?? [];
  if (!reference || !role || !party || !isUuid(party)) {
    throw new ConsentError('ACCESS_QUESTION_INVALID', 'write a party as Organization/f001=provider:UUID');
  }
  return [reference, { party, role: role as NamedParty['role'] }];
}

import { isObject, type JsonObject } from '@aceso/fhir';
import { DeidentificationError, type DeidentificationErrorCode } from '../deidentification.errors';

export interface RuleParameters {
  readonly dateShiftKey: string;
  readonly dateShiftScope: 'resource' | 'file' | 'folder';
  readonly dateShiftFixedOffsetInDays: number | undefined;
  readonly cryptoHashKey: string;
  readonly encryptKey: string;
  readonly enablePartialDatesForRedact: boolean;
  readonly enablePartialAgesForRedact: boolean;
  readonly enablePartialZipCodesForRedact: boolean;
  readonly restrictedZipCodeTabulationAreas: readonly string[];
}

const FIXED_OFFSET_DAYS_MAX = 3_650;
/** AES with keys of 128, 192 and 256 bits. */
const ENCRYPT_KEY_BYTES = new Set([0, 16, 24, 32]);

/** A mistake in a configuration. `why` says what to change and quotes nothing of the file but names. */
export function refuse(code: DeidentificationErrorCode, why: string): never {
  throw new DeidentificationError(code, why);
}

/** The parameters of a configuration. Throws the code of the first mistake. */
export function parametersOf(value: unknown): RuleParameters {
  if (!isObject(value)) refuse('FHIRPATH_PARAMETER_INVALID', 'parameters is an object');
  const parameters = value;
  const text = (name: string) => textParameter(parameters, name);
  const flag = (name: string) => flagParameter(parameters, name);
  const encryptKey = text('encryptKey');
  if (!ENCRYPT_KEY_BYTES.has(Buffer.byteLength(encryptKey))) {
    refuse('FHIRPATH_KEY_INVALID', 'encryptKey has 16, 24 or 32 bytes, or is empty');
  }
  return {
    dateShiftKey: text('dateShiftKey'),
    dateShiftScope: scopeOf(parameters['dateShiftScope']),
    dateShiftFixedOffsetInDays: offsetOf(parameters['dateShiftFixedOffsetInDays']),
    cryptoHashKey: text('cryptoHashKey'),
    encryptKey,
    enablePartialDatesForRedact: flag('enablePartialDatesForRedact'),
    enablePartialAgesForRedact: flag('enablePartialAgesForRedact'),
    enablePartialZipCodesForRedact: flag('enablePartialZipCodesForRedact'),
    restrictedZipCodeTabulationAreas: zip3Of(parameters['restrictedZipCodeTabulationAreas'] ?? []),
  };
}

function textParameter(parameters: JsonObject, name: string): string {
  const value = parameters[name] ?? '';
  return typeof value === 'string' ? value : refuse('FHIRPATH_PARAMETER_INVALID', `${name} is a text`);
}

function flagParameter(parameters: JsonObject, name: string): boolean {
  const value = parameters[name] ?? false;
  return typeof value === 'boolean' ? value : refuse('FHIRPATH_PARAMETER_INVALID', `${name} is true or false`);
}

function scopeOf(value: unknown): RuleParameters['dateShiftScope'] {
  const scope = typeof value === 'string' ? value.toLowerCase() : (value ?? 'resource');
  if (scope === 'resource' || scope === 'file' || scope === 'folder') return scope;
  return refuse('FHIRPATH_PARAMETER_INVALID', 'dateShiftScope is resource, file or folder');
}

function offsetOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const isOffset = Number.isInteger(value) && Math.abs(value as number) <= FIXED_OFFSET_DAYS_MAX;
  if (isOffset) return value as number;
  return refuse(
    'FHIRPATH_PARAMETER_INVALID',
    `dateShiftFixedOffsetInDays is a number of days to ${FIXED_OFFSET_DAYS_MAX}`,
  );
}

function zip3Of(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((prefix) => typeof prefix === 'string' && /^\d{3}$/.test(prefix)))
    return value;
  return refuse('FHIRPATH_PARAMETER_INVALID', 'restrictedZipCodeTabulationAreas is a list of three digits each');
}

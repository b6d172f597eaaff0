import type { JsonObject } from '@aceso/fhir';
import { hex, utf8, type HmacSha256, type RandomBytes } from '@aceso/kernel';
import { DeidentificationError } from '../deidentification.errors';
import type { FhirPathConfiguration, FhirPathRule } from './configuration';
import { cryptoHash, hashText } from './crypto-hash';
import { dateShift } from './date-shift';
import { innerResources, resourceJson, resourceTree, type ElementNode } from './element-tree';
import { encrypt } from './encrypt';
import { compileGeneralize } from './generalize';
import { perturb } from './numbers';
import type { RuleParameters } from './parameters';
import { redact } from './redact';
import { labelled, type SecurityLabel } from './security-labels';
import { substitute } from './substitute';

/** What a run brings besides the configuration. */
export interface RulesContext {
  readonly hmacSha256: HmacSha256;
  readonly randomBytes: RandomBytes;
  /** `YYYY-MM-DD`, against which ages above 89 are judged. */
  readonly asOf: string;
  /** Stands in for keys that the configuration leaves empty: each is derived from it for its purpose. */
  readonly key?: Uint8Array;
}

/** File and folder that a resource comes from, for shifts that are shared by one. */
export interface ResourceSource {
  readonly file?: string;
  readonly folder?: string;
}

/** Applies the rules to one resource. The argument is not changed. */
export type ApplyRules = (resource: JsonObject, source?: ResourceSource) => JsonObject;

/** What one method does to one element; the label tells what was done, if anything. */
type Change = (element: ElementNode, source: ResourceSource) => SecurityLabel | undefined;

interface CompiledRule extends FhirPathRule {
  readonly change: Change;
}

/**
 * Compiles a configuration. For every element the first rule that leads to it, or to an element around it, decides; what
 * no rule names stays. Throws FHIRPATH_KEY_MISSING; the result throws FHIRPATH_PROCESSING_FAILED where processing errors
 * are raised.
 */
export function compileFhirPathRules(configuration: FhirPathConfiguration, context: RulesContext): ApplyRules {
  const changes = methodsOf(configuration.parameters, context);
  const rules = configuration.rules.map((rule): CompiledRule => ({ ...rule, change: changes(rule) }));
  const byType = new Map<string, Ruleset>();
  return (resource, source = {}) => {
    try {
      const tree = resourceTree(resource);
      if (!tree) throw new ProcessingFailure('a resource of no type of R4');
      visit(tree, source, (type) => {
        const known = byType.get(type) ?? rulesetOf(type, rules);
        byType.set(type, known);
        return known;
      });
      return resourceJson(tree);
    } catch (failure) {
      if (!(failure instanceof ProcessingFailure)) throw failure;
      if (configuration.processingErrors === 'skip') return emptied(resource);
      throw new DeidentificationError('FHIRPATH_PROCESSING_FAILED', failure.message);
    }
  };
}

/** A rule that could not be applied. Names type and rule; what the method or library said may hold content and is dropped. */
class ProcessingFailure extends Error {}

interface Ruleset {
  readonly rules: readonly CompiledRule[];
  readonly needsSource: boolean;
}

function rulesetOf(type: string, all: readonly CompiledRule[]): Ruleset {
  const rules = all.filter(({ path }) => path.resourceType === undefined || path.resourceType === type);
  return { rules, needsSource: rules.some(({ path }) => path.needsSource) };
}

function emptied(resource: JsonObject): JsonObject {
  const resourceType = resourceTree({ resourceType: resource['resourceType'] })?.kind.type;
  return labelled(resourceType === undefined ? {} : { resourceType }, new Set(['redacted']));
}

/** A resource first, then those inside of it; its labels tell of all of them. Contained resources carry none. */
function visit(resource: ElementNode, source: ResourceSource, rulesFor: (type: string) => Ruleset): Set<SecurityLabel> {
  const labels = new Set<SecurityLabel>();
  const { rules, needsSource } = rulesFor(resource.kind.type);
  const original = needsSource ? resourceJson(resource) : {};
  for (const rule of rules) {
    try {
      for (const element of rule.path.find(resource, () => original)) apply(element, rule.change, { source, labels });
    } catch {
      throw new ProcessingFailure(
        `rule ${rule.number} (${rule.method.kind} ${rule.text}) cannot be applied to a ${resource.kind.type}`,
      );
    }
  }
  for (const inner of innerResources(resource)) visit(inner, source, rulesFor).forEach((label) => labels.add(label));
  if (resource.member !== 'contained') resource.labels = labels;
  return labels;
}

interface Round {
  readonly source: ResourceSource;
  readonly labels: Set<SecurityLabel>;
}

function apply(element: ElementNode, change: Change, round: Round): void {
  if (element.decided) return;
  const label = change(element, round.source);
  if (label !== undefined) round.labels.add(label);
  element.decided = true;
  for (const child of element.children) if (!child.isResource) apply(child, change, round);
}

type MethodOf = (rule: FhirPathRule) => Change;

function methodsOf(parameters: RuleParameters, context: RulesContext): MethodOf {
  const { hmacSha256, randomBytes, asOf } = context;
  const redaction = { parameters, asOf };
  return ({ method, number }) => {
    switch (method.kind) {
      case 'keep':
        return () => undefined;
      case 'redact':
        return (element) => redact(element, redaction);
      case 'dateShift': {
        const fixed = parameters.dateShiftFixedOffsetInDays !== undefined;
        const dateShiftKey = fixed ? '' : keyOf('dateShiftKey', number, { parameters, context });
        const scopeOf = ({ file = '', folder = '' }: ResourceSource) =>
          ({ resource: '', file, folder })[parameters.dateShiftScope];
        return (element, source) => dateShift(element, { ...redaction, dateShiftKey, scope: scopeOf(source) });
      }
      case 'cryptoHash': {
        const key = keyOf('cryptoHashKey', number, { parameters, context });
        return (element) => cryptoHash(element, (text) => hashText(text, key, hmacSha256));
      }
      case 'encrypt': {
        const key = utf8(keyOf('encryptKey', number, { parameters, context }));
        return (element) => encrypt(element, key, randomBytes);
      }
      case 'substitute':
        return (element) => substitute(element, method.replaceWith);
      case 'perturb':
        return (element) => perturb(element, method, randomBytes);
      case 'generalize': {
        const generalize = compileGeneralize(method);
        return (element) => generalize(element, redaction);
      }
    }
  };
}

type KeyName = 'dateShiftKey' | 'cryptoHashKey' | 'encryptKey';

/** A key of the configuration, or 32 characters of 128 bits derived for its purpose where it is left empty. */
function keyOf(
  name: KeyName,
  rule: number,
  { parameters, context }: { parameters: RuleParameters; context: RulesContext },
): string {
  if (parameters[name] !== '') return parameters[name];
  if (context.key === undefined) {
    throw new DeidentificationError(
      'FHIRPATH_KEY_MISSING',
      `rule ${rule} needs ${name}, which is empty; set it or give a key file`,
    );
  }
  return hex.encode(context.hmacSha256(context.key, utf8(`fhir-path-rules/${name}\0`))).slice(0, 32);
}

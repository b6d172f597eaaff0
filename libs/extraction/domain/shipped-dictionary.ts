import {
  columnElements,
  columnsOf,
  narrowView,
  POLICIES,
  scopeOfPolicy,
  SHIPPED_VIEWS,
  shippedView,
  type ElementRule,
  type Policy,
  type Storage,
} from '@aceso/deidentification/domain';
import { columnSayings, isRowAResource, shippedTableOf } from './package-table';
import { elementRule, ruleInWords } from './rule-words';

/** What becomes of a column under one policy. */
export interface ColumnRule {
  readonly policy: string;
  /** False: tables under the policy do not have the column. */
  readonly leaves: boolean;
  /** In words; null where it does not leave. */
  readonly rule: string | null;
  /** What a date tells: `date` or `year`; null of everything else. */
  readonly unit: string | null;
  /** The codes that are let out, where they are a closed list. */
  readonly allowedCodes: readonly string[];
}

/** A column of a shipped table, before anybody has bought one. */
export interface DictionaryColumn {
  readonly name: string;
  readonly meaning: string;
  readonly fhirType: string;
  /** How it is stored. */
  readonly storage: Storage;
  readonly list: boolean;
  /** The table in which its value is an `id`. */
  readonly refersTo: string | null;
  /** A policy each, in the order in which they ship. */
  readonly rules: readonly ColumnRule[];
}

/** What a package says of a shipped table in its dictionary, without what only its rows tell. */
export interface ShippedDictionary {
  readonly name: string;
  readonly title: string;
  readonly resource: string;
  /** True: one row a resource; false: several. */
  readonly rowIsResource: boolean;
  readonly columns: readonly DictionaryColumn[];
}

/** The dictionaries of the shipped tables under the shipped policies: the same on every instance, and of nobody. */
export function shippedDictionaries(): ShippedDictionary[] {
  const scopes = POLICIES.map((policy) => ({ policy, scope: scopeOfPolicy(policy, typesOf(policy)) }));
  return SHIPPED_VIEWS.map(({ name, title, resource }) => {
    const view = shippedView(name);
    const elements = columnElements(view);
    const byPolicy = scopes.map(({ policy, scope }) => {
      const left = narrowView(view, scope);
      const sayings = columnSayings(view, { policy, ruleOf: (type, path) => ruleInWords(policy, type, path) });
      return { policy, sayings, leaving: new Set(left?.select.flatMap(columnsOf).map((column) => column.name)) };
    });
    const columns = view.select.flatMap(columnsOf).map((column): DictionaryColumn => {
      const { name: of, fhirType, storage, meaning, list, refersTo } = byPolicy[0]!.sayings(column);
      return {
        ...{ name: of, meaning, fhirType, storage, list },
        refersTo: shippedTableOf(refersTo) ?? null,
        rules: byPolicy.map(({ policy, sayings, leaving }): ColumnRule => {
          if (!leaving.has(of)) return { policy: policy.name, leaves: false, rule: null, unit: null, allowedCodes: [] };
          const { rule, dateUnit } = sayings(column);
          const allowedCodes = allowed(elementRule(policy, resource, elements.get(of) ?? ''));
          return { policy: policy.name, leaves: true, rule, unit: dateUnit, allowedCodes };
        }),
      };
    });
    return { name, title, resource, rowIsResource: isRowAResource(view), columns };
  });
}

const typesOf = (policy: Policy): string[] => [...Object.keys(policy.resources), 'Patient'];

function allowed(rule: ElementRule | undefined): readonly string[] {
  if (typeof rule !== 'object') return [];
  if ('oneOf' in rule) return rule.oneOf;
  return 'someOf' in rule ? rule.someOf : [];
}

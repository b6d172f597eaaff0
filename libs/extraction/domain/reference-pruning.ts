/** A copy of a row without references to rows that left the package, and without what became empty by it. */
export function withoutReferences<Row extends object>(row: Row, gone: ReadonlySet<string>): Row {
  return prune(row, gone) as Row;
}

function prune(value: unknown, gone: ReadonlySet<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const kept = value.map((item) => prune(item, gone)).filter((item) => item !== undefined);
    return kept.length === 0 && value.length > 0 ? undefined : kept;
  }
  const { reference } = value as { readonly reference?: unknown };
  if (typeof reference === 'string' && gone.has(reference)) return undefined;
  const kept = Object.entries(value)
    .map(([name, member]) => [name, prune(member, gone)] as const)
    .filter(([, member]) => member !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/**
 * Characters that no argument has a use for: C0 and C1 controls but tab, line feed and carriage return, DEL, and halves of
 * surrogate pairs. PostgreSQL refuses NUL in every text; others forge lines of logs and terminals.
 */
const UNWANTED = /(?![\t\n\r])\p{Cc}|\p{Cs}/u;

/** True when a text holds no control character but those of plain text. */
export function isPlainText(text: string): boolean {
  return !UNWANTED.test(text);
}

/**
 * True when all texts in a JSON value are plain, names of members included. Without recursion: a body may nest as deep as
 * it is long.
 */
export function holdsPlainText(value: unknown): boolean {
  const left: unknown[] = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next === 'string' && !isPlainText(next)) return false;
    if (typeof next !== 'object' || next === null) continue;
    for (const [name, member] of Object.entries(next)) left.push(name, member);
  }
  return true;
}

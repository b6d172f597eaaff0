/**
 * Blocks in memory, by what names one content of them (code, number and version): nothing in it is ever out of date. What was used
 * least recently goes when there are more bytes than `bytesMax`.
 */
export class BlockCache<Columns> {
  readonly #held = new Map<string, { readonly columns: Columns; readonly bytes: number }>();
  #bytes = 0;

  constructor(private readonly bytesMax: number) {}

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Columns | undefined {
    const held = this.#held.get(key);
    if (!held) return undefined;
    this.#held.delete(key);
    this.#held.set(key, held);
    return held.columns;
  }

  put(key: string, columns: Columns, bytes: number): void {
    this.#drop(key);
    this.#held.set(key, { columns, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= this.bytesMax) break;
      this.#drop(oldest);
    }
  }

  clear(): void {
    this.#held.clear();
    this.#bytes = 0;
  }

  #drop(key: string): void {
    this.#bytes -= this.#held.get(key)?.bytes ?? 0;
    this.#held.delete(key);
  }
}

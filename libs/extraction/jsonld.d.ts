/** What is used of `jsonld`, which brings no types. */
declare module 'jsonld' {
  interface Options {
    /** Reads a document by its address: a context that a document names and does not hold. */
    readonly documentLoader: (url: string) => Promise<never>;
    /** Throws where a part of the document would be left out. */
    readonly safe: boolean;
  }
  /** The document with full names and without a context (JSON-LD 1.1 API, section 5). */
  export function expand(document: object, options: Options): Promise<{ readonly [member: string]: unknown }[]>;
  /** Its statements, a line each (N-Quads). */
  export function toRDF(
    document: object,
    options: Options & { readonly format: 'application/n-quads' },
  ): Promise<string>;
}

/** The package ships without types; this is what `units.ts` uses of it. */
declare module '@lhncbc/ucum-lhc' {
  export interface UcumUnit {
    readonly dim_: { isZero(): boolean; equals(other: unknown): boolean } | null;
    readonly moleExp_: number;
    /** Name of the function of a special unit (UCUM section 21). */
    readonly cnv_: string | null;
    readonly isArbitrary_: boolean;
  }

  export interface Ucum {
    getSpecifiedUnit(
      code: string,
      use: 'validate',
    ): { readonly unit: UcumUnit | null; readonly retMsg: readonly string[] };
    convertUnitTo(
      from: string,
      value: number,
      to: string,
      suggest: false,
      gramsAMole: number | null,
    ): { readonly status: string; readonly toVal: number | null };
  }

  export const UcumLhcUtils: { getInstance(): Ucum };
}
